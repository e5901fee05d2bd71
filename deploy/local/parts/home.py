"""Where one local stack lives: its folder, its ports, its secrets and its lock."""
import fcntl
import hashlib
import os
import random
import secrets
import shutil
import socket
import sys
from pathlib import Path

SERVICES = ("admin", "intake", "consent", "dedupe", "retention", "erasure", "mailer", "backup")
SCHEMA_OWNERS = SERVICES + ("vault",)
KEYRING_ROLES = ("intake", "dedupe", "consent", "mailer", "erasure", "backup")
PARTS = ("kafka", "controller", "postgres", "keyring", "redis", "smtp")
BLOCK = 100  # ports that one stack may use: services of instance n stand at base + 20 * (n - 1)

ROOT = Path(__file__).resolve().parents[3]


class StackError(Exception):
    """Something the user must know; printed without a traceback."""


def say(text):
    print(text, flush=True)


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Home:
    """Paths, ports and secrets of the stack in LETHE_HOME."""

    def __init__(self):
        self.root = ROOT
        self.path = Path(os.environ.get("LETHE_HOME") or ROOT / "build" / "stack").absolute()
        self.bin = Path(os.environ.get("LETHE_BIN") or ROOT / "build" / "release" / "bin").absolute()
        self.run = self.path / "run"
        self.log = self.path / "log"
        self.secret = self.path / "secrets"
        self.kek = self.path / "kek"
        self.ledger = self.path / "ledger"
        self.escrow = self.path / "escrow"
        self.mail = self.path / "mail"
        self.unsubscribes = self.path / "unsubscribes"  # a Maildir
        self.policy = self.path / "policy.yaml"
        self.env_file = self.path / "stack.env"
        self.python = ROOT / "build" / "venv" / "bin" / "python"
        self.kafka_jars = ROOT / "build" / "kafka"
        self._base = None
        self._lock = None

    def exists(self):
        return (self.path / "port_base").exists()

    def lock(self):
        """One verb at a time: a second one waits."""
        self._lock = open(self.path / ".lock", "w", encoding="ascii")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    # -- ports ---------------------------------------------------------------------------------------------------
    @property
    def base(self):
        if self._base is None:
            self._base = self._choose_base()
        return self._base

    def _choose_base(self):
        kept = self.path / "port_base"
        stored = int(kept.read_text()) if kept.exists() else None
        asked = os.environ.get("LETHE_PORT_BASE", "")
        if asked in ("", "free"):
            if stored is not None:
                return stored
            return self._free_block() if asked == "free" else 8100
        base = int(asked)
        if stored is not None and stored != base and any(self.run.glob("*.pid")):
            raise StackError(f"the stack in {self.path} runs on port {stored}; take it down before moving it to {base}")
        return base

    @staticmethod
    def _free_block():
        for _ in range(200):
            base = random.randrange(10000, 31000, BLOCK)
            if all(port_is_free(base + offset) for offset in range(0, 40)):
                return base
        raise StackError("no free block of ports between 10000 and 31000")

    def port(self, name, instance=1):
        if name in SERVICES:
            return self.base + SERVICES.index(name) + 20 * (instance - 1)
        return self.base + 10 + PARTS.index(name)

    def url(self, name, instance=1):
        return f"http://127.0.0.1:{self.port(name, instance)}"

    # -- first start ---------------------------------------------------------------------------------------------
    def prepare(self):
        for folder in (self.path, self.run, self.log):
            folder.mkdir(parents=True, exist_ok=True)
        for folder in (self.secret, self.kek, self.ledger, self.escrow, self.mail):
            folder.mkdir(mode=0o700, exist_ok=True)
        for folder in ("new", "cur", "tmp"):
            (self.unsubscribes / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.path / "port_base").write_text(f"{self.base}\n")
        for name in ("index.key", "internal.token", "admin.token", "signing.key", "sealing.key"):
            self.secret_file(name)
        for role in [f"lethe_{s}" for s in SERVICES] + [f"{s}_owner" for s in SCHEMA_OWNERS]:
            self.secret_file(f"postgres-{role}")
        for role in [f"lethe_{s}" for s in KEYRING_ROLES] + ["keyring_owner"]:
            self.secret_file(f"keyring-{role}")
        self.secret_file("postgres-lethe")
        self.secret_file("keyring-lethe")
        self._refresh_policy()

    def secret_file(self, name):
        """A random secret of 32 bytes in hex, made once, readable by this user only."""
        path = self.secret / name
        if not path.exists():
            part = path.with_name(f".{name}")
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as out:
                out.write(secrets.token_hex(32) + "\n")
            part.rename(path)
        return path

    def secret_text(self, name):
        return self.secret_file(name).read_text().strip()

    def _refresh_policy(self):
        """The example policy, as long as nobody has changed the stack's own copy."""
        example = self.root / "deploy" / "policy" / "example.yaml"
        taken = self.path / ".policy-as-copied"
        if not example.exists():
            return
        untouched = not self.policy.exists() or (
            taken.exists() and taken.read_bytes() == self.policy.read_bytes())
        if untouched:
            shutil.copyfile(example, self.policy)
            shutil.copyfile(example, taken)

    def digest(self):
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:12]

    def need_free(self, port, what):
        if not port_is_free(port):
            raise StackError(f"port {port} ({what}) is taken by another program; choose a block with "
                             "LETHE_PORT_BASE, or LETHE_PORT_BASE=free")


def fail(text):
    print(f"stack: {text}", file=sys.stderr, flush=True)
    sys.exit(1)
