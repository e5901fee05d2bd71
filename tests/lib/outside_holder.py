"""An outside holder as tests play it: a webhook whose answers a test decides, and that signs what it says itself."""
import base64
import json
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lethe_stack import wait_until
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.signing import SigningKey


def b64(raw):
    return base64.b64encode(raw).decode()


def stamp(at=None):
    """RFC 3339 of a time in seconds; now unless told otherwise."""
    return datetime.fromtimestamp(time.time() if at is None else at, timezone.utc).isoformat().replace("+00:00", "Z")


class Crm:
    """`answers(instruction)` gives the result's members, None for "later" (202). Everything told is in `told`."""

    def __init__(self, stack, name, **more):
        self.stack, self.name = stack, name
        self.signing, self.sealing = SigningKey.generate(), PrivateKey.generate()
        self.told = []
        self.answers = lambda instruction: {"outcome": "done"}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        answer = stack.internal("POST", "erasure", "/internal/v1/holders", {
            "name": name, "kind": "webhook", "url": f"http://127.0.0.1:{self.server.server_address[1]}/",
            "identifiers": ["email", "phone", "source"], "signing_key": b64(bytes(self.signing.verify_key)), **more})
        assert answer.status_code == 201, answer.text
        self.id = answer.json()["id"]

    def _handler(self):
        crm = self

        class Handler(BaseHTTPRequestHandler):
            """An instruction -> 200 with a signed result, or 202."""

            def do_POST(self):  # pylint: disable=invalid-name
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                crm.told.append(told)
                said = crm.answers(told)
                body = b"" if said is None else json.dumps({"instruction": told["instruction"], **said}).encode()
                self.send_response(202 if said is None else 200)
                self.send_header("Lethe-Signature", crm.sign(body))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def sign(self, body):
        return f"ed25519={b64(self.signing.sign(body).signature)}"

    def _post(self, path, body):
        return self.stack.http("POST", self.stack.url("erasure", f"/v1/holders/{self.name}{path}"), data=body,
                               headers={"Lethe-Signature": self.sign(body), "Content-Type": "application/json"})

    def say(self, instruction, **result):
        """An answer of its own accord."""
        return self._post("/results", json.dumps({"instruction": instruction, **result}).encode())

    def join(self, identifiers):
        keys = self.stack.http("GET", self.stack.url("erasure", "/v1/keys")).json()
        box = SealedBox(PublicKey(base64.b64decode(keys["sealing_key"])))
        return self._post("/joins", json.dumps(
            {"box": b64(box.encrypt(json.dumps({"identifiers": identifiers}).encode()))}).encode())

    def acknowledge(self, join):
        return self._post(f"/joins/{join}/ack", b"{}")

    def pull(self, after=0):
        path, at = f"/v1/holders/{self.name}/instructions", stamp()
        return self.stack.http("GET", self.stack.url("erasure", f"{path}?after={after}"), headers={
            "Lethe-Time": at, "Lethe-Signature": self.sign(f"GET {path}?after={after}\n{at}".encode())})

    def about(self, request):
        return [i for i in self.told if i["request"] == request]

    def wait_told(self, request, n=1, timeout=60):
        return wait_until(lambda: len(self.about(request)) >= n and self.about(request), timeout,
                          f"{self.name} to be told for the {n}. time")

    def close(self):
        self.server.shutdown()
