"""A relay that says what a test wants of it, and notes what it was told."""
import contextlib
import socket
import threading


class Relay:
    """One answer a command: {verb: answer}. answer None: never; a function: what it returns."""

    def __init__(self, **answers):
        self.answers = {"EHLO": "250 relay", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken",
                        "QUIT": "221 bye", "RSET": "250 ok", **answers}
        self.seen, self.sent_to = [], []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self.server.accept()
                self.open.append(link)
                threading.Thread(target=self.talk, args=(link,), daemon=True).start()

    def talk(self, link):
        with contextlib.suppress(OSError), link, link.makefile("rb") as lines:
            link.sendall(b"220 relay\r\n")
            body, to = False, None
            for line in lines:
                verb = "." if body and line == b".\r\n" else None if body else line[:4].decode().upper().strip()
                if verb is None:
                    continue
                body = False
                self.seen.append(verb)
                if verb == "RCPT":
                    to = line.decode().split("<")[1].split(">")[0]
                elif verb == ".":
                    self.sent_to.append(to)
                answer = self.answers.get(verb, "502 what")
                answer = answer() if callable(answer) else answer
                if answer == "cut":
                    return
                if answer is not None:
                    link.sendall(answer.encode() + b"\r\n")
                body = verb == "DATA" and answer is not None and answer.startswith("354")

    def close(self):
        self.server.close()
        for link in self.open:
            link.close()
