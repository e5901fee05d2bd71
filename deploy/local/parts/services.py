"""The eight services: their configuration, their migrations, their processes."""
import json
import os
import subprocess
import urllib.error
import urllib.request

from .home import KEYRING_ROLES, SERVICES, StackError
from .process import Process, wait_until

READY_SECONDS = 60
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def instance_name(name, instance):
    return name if instance == 1 else f"{name}-{instance}"


class Service:
    """One process of a service; instance 1 is the stack's own, others are for tests."""

    def __init__(self, stack, name, instance=1):
        self.stack = stack
        self.home = stack.home
        self.name = name
        self.instance = instance
        self.process = Process(self.home, instance_name(name, instance))
        self.binary = self.home.bin / f"lethe-{name}"

    def present(self):
        return os.access(self.binary, os.X_OK)

    def url(self):
        return self.home.url(self.name, self.instance)

    def options(self):
        """What the service reads, as environment. docker-compose.yml and deploy/k8s use the same names."""
        home, stack = self.home, self.stack
        values = {
            "LETHE_INSTANCE": f"{self.name}-{self.instance}",
            "LETHE_HTTP": f"127.0.0.1:{home.port(self.name, self.instance)}",
            "LETHE_PG": stack.postgres.conninfo(f"lethe_{self.name}"),
            "LETHE_KAFKA": stack.kafka.bootstrap(),
            "LETHE_REDIS": f"127.0.0.1:{home.port('redis')}",
            "LETHE_SMTP": f"127.0.0.1:{home.port('smtp')}",
            "LETHE_POLICY": str(home.policy),
            "LETHE_LEDGER": str(home.ledger),
            "LETHE_PUBLIC_URL": home.url("consent"),
        }
        command = os.environ.get("LETHE_KEK_COMMAND")  # a KMS's, for whoever tries one
        values.update({"LETHE_KEK_COMMAND": command} if command else {"LETHE_KEK_DIR": str(home.kek)})
        for variable, secret in SECRET_FILES.items():
            values[variable] = str(home.secret / secret)
        if self.name == "intake":
            values["LETHE_KEK_ESCROW_DIR"] = str(home.escrow)
        if self.name in KEYRING_ROLES:
            values["LETHE_KEYRING"] = stack.keyring.conninfo(f"lethe_{self.name}")
        for other in SERVICES:
            values[f"LETHE_{other.upper()}_URL"] = home.url(other)
        return values

    def here_alone(self):
        """What a container gets only where there is a mail server that delivers to it: a folder for unsubscribes by mail."""
        if self.name != "consent":
            return {}
        return {"LETHE_UNSUBSCRIBE_ADDRESS": "unsubscribe@acme.example",
                "LETHE_UNSUBSCRIBE_MAILDIR": str(self.home.unsubscribes)}

    def migrate_options(self):
        """`migrate` alone works with the owners' roles."""
        stack = self.stack
        values = self.options()
        values["LETHE_PG_OWNER"] = stack.postgres.conninfo(f"{self.name}_owner")
        if self.name == "intake":
            values["LETHE_PG_VAULT_OWNER"] = stack.postgres.conninfo("vault_owner")
            values["LETHE_KEYRING_OWNER"] = stack.keyring.conninfo("keyring_owner")
        return values

    def begin_migrate(self):
        # Popen, since the migrations of several services run beside one another.
        return subprocess.Popen([str(self.binary), "migrate"], env={**os.environ, **self.migrate_options()},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                cwd=self.home.path)

    def end_migrate(self, child):
        try:
            said, _ = child.communicate(timeout=120)
        except subprocess.TimeoutExpired as late:
            child.kill()
            raise StackError(f"{self.name}: migrate took more than 120 s") from late
        with open(self.home.log / "migrate.log", "a", encoding="utf-8") as log:
            log.write(said)
        if child.returncode != 0:
            raise StackError(f"{self.name}: migrate ended with {child.returncode}:\n{said[-4000:]}")

    def start(self, extra=None):
        if self.process.pid() is not None:
            return False
        self.home.need_free(self.home.port(self.name, self.instance), self.process.name)
        self.process.start([self.binary], env={**os.environ, **self.options(), **self.here_alone(), **(extra or {})})
        return True

    def health(self):
        """(ready, what the service says it waits for)."""
        try:
            with OPENER.open(f"{self.url()}/health/ready", timeout=2) as answer:
                return answer.status == 200, ""
        except urllib.error.HTTPError as error:
            return False, _waits(error.read())
        except (OSError, ValueError):
            return False, "no answer over HTTP"

    def wait_ready(self):
        wait_until(lambda: self.health()[0], READY_SECONDS,
                   lambda: f"{self.process.name} to be ready; it says: {self.health()[1]}", alive=[self.process])


SECRET_FILES = {
    "LETHE_INDEX_KEY_FILE": "index.key",
    "LETHE_INTERNAL_TOKEN_FILE": "internal.token",
    "LETHE_ADMIN_TOKEN_FILE": "admin.token",
    "LETHE_SIGNING_KEY_FILE": "signing.key",
    "LETHE_SEALING_KEY_FILE": "sealing.key",
}


def _waits(body):
    try:
        return json.dumps(json.loads(body))[:500]
    except ValueError:
        return body[:200].decode("utf-8", "replace")
