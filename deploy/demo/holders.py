"""Two outside holders for the demo: a CRM that takes webhooks and is down for a while, an archive that reads Kafka."""
import base64
import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import confluent_kafka
from nacl.public import PrivateKey, SealedBox
from nacl.signing import SigningKey


def _b64(raw):
    return base64.b64encode(raw).decode()


class Holder:
    """What both have: keys, and a memory of what they were told to forget."""

    def __init__(self, name):
        self.name = name
        self.signing = SigningKey.generate()
        self.sealing = PrivateKey.generate()
        self.instructions = []

    def public_keys(self):
        return {"signing_key": _b64(bytes(self.signing.verify_key)), "sealing_key": _b64(bytes(self.sealing.public_key))}

    def answer(self, instruction):
        """The JSON of a lethe.holder.result and its Ed25519 signature."""
        self.instructions.append(instruction)
        body = json.dumps({"instruction": instruction["instruction"], "outcome": "done"}).encode()
        return body, self.signing.sign(body).signature

    def told_to_forget(self, value):
        return any(i["verb"] == "forget" and any(k["value"].lower() == value.lower() for k in i.get("identifiers", []))
                   for i in self.instructions)


class WebhookCrm(Holder):
    """An HTTP server. While `down`, it answers 503 as a CRM behind a load balancer does."""

    def __init__(self, name):
        super().__init__(name)
        self.down = True
        self.turned_away = 0
        holder = self

        class Handler(BaseHTTPRequestHandler):
            """POST of an instruction -> 200 with a signed result."""

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if holder.down:
                    holder.turned_away += 1
                    self.send_response(503)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                told = json.loads(body)
                answer, signature = holder.answer(told.get("data", told))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Lethe-Signature", f"ed25519={_b64(signature)}")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/lethe"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()


class KafkaArchive(Holder):
    """Reads holder.<name>, opens the sealed instruction with its own key and answers on holder.result, signed."""

    def __init__(self, name, brokers):
        super().__init__(name)
        self.brokers = brokers
        self.stopping = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        """Once the topic is there."""
        self.thread.start()

    def _run(self):
        try:
            self._serve()
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def _serve(self):
        common = {"bootstrap.servers": self.brokers, "log_level": 0, "socket.nagle.disable": True}
        consumer = confluent_kafka.Consumer({**common, "group.id": f"archive-{uuid.uuid4()}",
                                             "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20,
                                             "topic.metadata.refresh.interval.ms": 500, "allow.auto.create.topics": False})
        producer = confluent_kafka.Producer({**common, "linger.ms": 0})
        consumer.subscribe([f"holder.{self.name}"])
        box = SealedBox(self.sealing)
        while not self.stopping.is_set():
            message = consumer.poll(0.1)
            if message is None or message.error():
                continue
            sealed = json.loads(message.value())
            body, signature = self.answer(json.loads(box.decrypt(base64.b64decode(sealed["box"]))))
            producer.produce("holder.result", key=sealed["instruction"], headers={
                "ce_specversion": "1.0", "ce_id": str(uuid.uuid4()), "ce_source": f"urn:holder:{self.name}",
                "ce_type": "lethe.holder.result", "content-type": "application/json"},
                value=json.dumps({"holder": self.name, "body": _b64(body), "signature": _b64(signature)}))
            producer.flush(10)
        consumer.close()

    def close(self):
        self.stopping.set()
        if self.thread.is_alive():
            self.thread.join(5)
