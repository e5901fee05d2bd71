"""Redis and the SMTP receiver."""
import shutil
import socket
import signal

from .home import StackError
from .process import Process, wait_until


class Redis:
    """Keeps nothing on disk."""

    def __init__(self, home):
        self.home = home
        self.process = Process(home, "redis")

    def start(self):
        if self.process.pid() is not None:
            return False
        server = shutil.which("redis-server")
        if server is None:
            raise StackError("redis-server is missing: run deploy/setup/install.sh all")
        port = self.home.port("redis")
        self.home.need_free(port, "redis")
        self.process.start([server, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no",
                            "--maxmemory", "64mb", "--maxmemory-policy", "noeviction", "--dir", self.home.run,
                            "--daemonize", "no", "--loglevel", "warning"])
        return True

    def wait_ready(self):
        wait_until(self._answers, 20, "Redis", alive=[self.process])

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.home.port("redis")), timeout=1) as link:
                link.sendall(b"PING\r\n")
                return link.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def stop(self):
        return _stop(self.process)


class Smtp:
    """deploy/local/smtp_sink.py: each mail becomes a file in LETHE_MAIL_DIR."""

    def __init__(self, home):
        self.home = home
        self.process = Process(home, "smtp")

    def start(self):
        if self.process.pid() is not None:
            return False
        self.home.need_free(self.home.port("smtp"), "smtp")
        self.process.start([self.home.python, self.home.root / "deploy" / "local" / "smtp_sink.py",
                            self.home.port("smtp"), self.home.mail])
        return True

    def wait_ready(self):
        wait_until(self._answers, 20, "the SMTP receiver", alive=[self.process])

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.home.port("smtp")), timeout=2) as link:
                return link.recv(64).startswith(b"220")
        except OSError:
            return False

    def stop(self):
        return _stop(self.process)


def _stop(process):
    process.send(signal.SIGCONT)
    process.send(signal.SIGTERM)
    gone = process.wait_gone(5)
    if not gone:
        process.send(signal.SIGKILL)
        process.wait_gone(5)
    process.forget()
    return [] if gone else [process.name]
