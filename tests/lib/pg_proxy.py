"""A TCP proxy before PostgreSQL that loses the answer to one COMMIT, or the COMMIT itself."""
import socket
import threading


class PgProxy:
    """Listens on `port`. arm(marker): on the connection whose client sends marker, the next COMMIT is lost: its answer
    (deliver=True), or the COMMIT before the server sees it."""

    def __init__(self, host, port):
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._marker, self._deliver = None, True
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, marker, *, deliver=True):
        self._deliver, self._marker = deliver, marker

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            link = _Link(client, server)
            threading.Thread(target=self._upstream, args=(link,), daemon=True).start()
            threading.Thread(target=self._downstream, args=(link,), daemon=True).start()

    def _upstream(self, link):
        marked = False
        try:
            while data := link.client.recv(1 << 16):
                marked = marked or (self._marker is not None and self._marker in data)
                if marked and b"COMMIT" in data:
                    self._marker = None
                    self.lost += 1
                    if not self._deliver:
                        break
                    link.mute = True
                link.server.sendall(data)
        except OSError:
            pass
        link.close()

    @staticmethod
    def _downstream(link):
        try:
            while data := link.server.recv(1 << 16):
                if link.mute:
                    break  # it is committed, and nobody hears of it
                link.client.sendall(data)
        except OSError:
            pass
        link.close()


class _Link:
    def __init__(self, client, server):
        self.client, self.server, self.mute = client, server, False

    def close(self):
        for end in (self.client, self.server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()
