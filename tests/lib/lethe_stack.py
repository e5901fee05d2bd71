"""One real stack for tests: a folder and ports of its own, events in, HTTP, SQL, mails, and trouble on demand.

    stack = Stack()                 a fresh folder below build/test, a free block of ports
    stack.up()
    stack.send(contact("L-1", email="a@example.org"))
    stack.wait_drained()
    assert stack.rows("SELECT count(*) FROM intake.record") == [(1,)]
"""
import email
import email.policy
import functools
import itertools
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import confluent_kafka
import psycopg
import requests

ROOT = Path(__file__).resolve().parents[2]
STACK = ROOT / "deploy" / "local" / "stack.py"
SERVICES = ("intake", "consent", "dedupe", "retention", "erasure", "mailer", "backup", "admin")
SOURCE = "urn:test:crm"
WITHOUT_REDIS = os.environ.get("LETHE_TEST_NO_REDIS") == "1"


def wait_until(condition, timeout=30, what="the condition"):
    """Calls condition() until it returns something true, and returns that. `what` may be a function."""
    end = time.monotonic() + timeout
    pause = 0.005
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s in vain for {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 1.4, 0.1)


def event(kind, data, *, key=None, id=None, source=SOURCE, **extensions):  # pylint: disable=redefined-builtin
    """A CloudEvent as tests pass it around: {"headers": {...}, "key": ..., "data": ...}."""
    headers = {"id": id or str(uuid.uuid4()), "source": source, "type": kind, "specversion": "1.0", **extensions}
    return {"headers": headers, "key": key, "data": data}


def contact(record_id, version=1, *, system="dynamics", category="lead", change="full", act="subject", consents=None,
            captured_at="2026-10-01T09:00:00Z", event_id=None, provenance=None, **fields):
    """lethe.contact.recorded."""
    data = {"record": {"system": system, "id": record_id, "version": version}, "change": change, "category": category,
            "provenance": provenance or {"channel": "web-form", "location": "https://acme.example/product-a",
                                         "captured_at": captured_at, "captured_by": "form-7", "act": act},
            "fields": fields}
    if consents:
        data["consents"] = consents
    return event("lethe.contact.recorded", data, key=f"{system}/{record_id}", id=event_id)


def activity(activity_id, persons, version=1, *, system="shop", category="order", occurred_at="2026-10-02T10:00:00Z",
             event_id=None, fields=None, **dates):
    """lethe.activity.recorded; persons: [{"role": ..., "email": ... | "record": {...}}]."""
    data = {"activity": {"system": system, "id": activity_id, "version": version}, "category": category,
            "persons": persons, "occurred_at": occurred_at, **dates, "fields": fields or {}}
    return event("lethe.activity.recorded", data, key=f"{system}/{activity_id}", id=event_id)


class Stack:
    """stack.py's verbs and what a test asks of a running stack."""

    def __init__(self, home=None, *, port_base="free", bin_dir=None, env=None):
        if home is None:
            (ROOT / "build" / "test").mkdir(parents=True, exist_ok=True)
            home = tempfile.mkdtemp(prefix="stack-", dir=ROOT / "build" / "test")
        self.home = Path(home)
        self._environment = {**os.environ, "LETHE_HOME": str(self.home), "LETHE_PORT_BASE": str(port_base),
                             **({"LETHE_BIN": str(bin_dir)} if bin_dir else {}), **(env or {})}
        self._producer = None
        self._env = None

    # -- life ----------------------------------------------------------------------------------------------------
    def run(self, *args, check=True):
        done = subprocess.run([sys.executable, STACK, *map(str, args)], env=self._environment, capture_output=True,
                              text=True, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"stack.py {' '.join(map(str, args))}:\n{done.stdout}{done.stderr}")
        self._env = None
        return done

    def up(self):
        self.run("up")
        if WITHOUT_REDIS:
            self.kill("redis")
        return self

    def down(self):
        """Fails where a process didn't stop by itself."""
        self._close()
        self.run("down")

    def wipe(self):
        self._close()
        self.run("wipe", check=False)

    def _close(self):
        if self._producer is not None:
            self._producer.flush(5)
            self._producer = None

    def __enter__(self):
        return self.up()

    def __exit__(self, *_):
        self.wipe()

    # -- processes -----------------------------------------------------------------------------------------------
    def start(self, name, *, instance=1, env=None, wait=True):
        """env: for this start alone, such as LETHE_CRASH_AT."""
        extra = [part for pair in (env or {}).items() for part in ("--env", "=".join(pair))]
        self.run("start", name, "--instance", instance, *extra, *([] if wait else ["--no-wait"]))

    def stop(self, name):
        self.run("stop", name)

    def restart(self, name):
        self.run("restart", name)

    def kill(self, name, number=signal.SIGKILL):
        """kill -9 unless told otherwise; returns once a killed process is gone."""
        if name == "redis" and WITHOUT_REDIS and self.pid(name) is None:
            return
        self.run("kill", name, "--signal", signal.Signals(number).name)

    def freeze(self, name):
        os.kill(self.pid(name), signal.SIGSTOP)

    def thaw(self, name):
        os.kill(self.pid(name), signal.SIGCONT)

    def pid(self, name):
        """The running process's, or None."""
        try:
            pid, started = (self.home / "run" / f"{name}.pid").read_text().split()
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, ValueError):
            return None
        return int(pid) if state[0] not in "ZX" and state[19] == started else None

    def wait_dead(self, name, timeout=30):
        wait_until(lambda: self.pid(name) is None, timeout, f"{name} to end")

    def log(self, name):
        path = self.home / "log" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def memory_mb(self, name):
        """Resident set, in megabytes of 10^6 bytes."""
        pages = int(Path(f"/proc/{self.pid(name)}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    # -- addresses -----------------------------------------------------------------------------------------------
    @property
    def env(self):
        """stack.env as a dict."""
        if self._env is None:
            lines = (self.home / "stack.env").read_text().splitlines()
            self._env = {name: "".join(shlex.split(value)) for name, value in (line.split("=", 1) for line in lines)}
        return self._env

    def url(self, service, path=""):
        return self.env[f"LETHE_{service.upper().replace('-', '_')}_URL"] + path

    @property
    def internal_token(self):
        return Path(self.env["LETHE_INTERNAL_TOKEN_FILE"]).read_text().strip()

    # -- HTTP ----------------------------------------------------------------------------------------------------
    def http(self, method, url, *, client=None, **kwargs):
        """client: the address (in 127.0.0.0/8) that the call comes from, where the server tells clients apart."""
        kwargs.setdefault("timeout", 30)
        return (_session(client) if client else _SESSION).request(method, url, **kwargs)

    def admin(self, method, path, body=None, *, token=None, **kwargs):
        headers = {"Authorization": f"Bearer {token or self.env['LETHE_ADMIN_TOKEN']}", **kwargs.pop("headers", {})}
        return self.http(method, self.url("admin", f"/v1{path}"), json=body, headers=headers, **kwargs)

    def internal(self, method, service, path, body=None):
        return self.http(method, self.url(service, path), json=body,
                         headers={"Authorization": f"Bearer {self.internal_token}"})

    def ready(self, service):
        try:
            return self.http("GET", self.url(service, "/health/ready"), timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def metrics(self, service):
        """{name with labels: value}"""
        found = {}
        for line in self.http("GET", self.url(service, "/metrics")).text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def post_events(self, events, **kwargs):
        """HTTP batch mode; returns the response."""
        batch = [{**e["headers"], "datacontenttype": "application/json", "data": e["data"]} for e in events]
        return self.http("POST", self.url("intake", "/v1/events"), data=json.dumps(batch).encode(),
                         headers={"Content-Type": "application/cloudevents-batch+json"}, **kwargs)

    # -- Kafka ---------------------------------------------------------------------------------------------------
    @property
    def producer(self):
        if self._producer is None:
            self._producer = confluent_kafka.Producer({
                "bootstrap.servers": self.env["LETHE_KAFKA"], "enable.idempotence": True, "linger.ms": 2,
                "log_level": 0, "socket.nagle.disable": True, "message.timeout.ms": 0})
        return self._producer

    def send(self, *events, topic="contacts.in", flush=True):
        """CloudEvents in binary mode, an ordinary client's way. Lists may be given, too."""
        failures = []

        def delivered(error, _message):
            if error is not None:
                failures.append(error)

        for item in itertools.chain.from_iterable([e] if isinstance(e, dict) else e for e in events):
            self.send_raw(json.dumps(item["data"]).encode(), item["headers"], item["key"], topic, delivered)
        if flush:
            left = self.producer.flush(60)
            assert not left and not failures, f"{left} messages undelivered, {failures[:3]}"

    def send_raw(self, value, headers, key=None, topic="contacts.in", delivered=None):
        """Bytes as they are, for what no schema would let through."""
        all_headers = [(f"ce_{name}", str(text).encode()) for name, text in headers.items()]
        all_headers.append(("content-type", b"application/json"))
        while True:
            try:
                self.producer.produce(topic, value=value, key=key, headers=all_headers, on_delivery=delivered)
                break
            except BufferError:
                self.producer.poll(0.1)
        self.producer.poll(0)

    def messages(self, topic, timeout=10, most=None):
        """Every message that the topic holds now (or `most` of them): (headers, key, value) with ce_ headers stripped
        of their prefix."""
        return [message for _, *message in itertools.islice(self.all_messages([topic], timeout), most)]

    def all_messages(self, topics, timeout=10):
        """Yields (topic, headers, key, value) of all that these topics hold now."""
        consumer = confluent_kafka.Consumer({
            "bootstrap.servers": self.env["LETHE_KAFKA"], "group.id": f"look-{uuid.uuid4()}", "log_level": 0,
            "enable.auto.commit": False, "enable.partition.eof": True, "fetch.wait.max.ms": 10})
        try:
            known = consumer.list_topics(timeout=timeout).topics
            left = {(name, number) for name in topics for number in known[name].partitions}
            consumer.assign([confluent_kafka.TopicPartition(*at, confluent_kafka.OFFSET_BEGINNING) for at in left])
            end = time.monotonic() + timeout
            while left:
                for message in consumer.consume(1000, 0.05):
                    if message.error() is None:
                        yield (message.topic(), {name.removeprefix("ce_"): value.decode("utf-8", "replace")
                                                 for name, value in message.headers() or []}, message.key(), message.value())
                    elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:  # pylint: disable=protected-access
                        left.discard((message.topic(), message.partition()))
                    end = time.monotonic() + timeout
                assert time.monotonic() < end, f"the broker hands out nothing of {sorted(left)[:5]}"
        finally:
            consumer.close()

    def high_watermarks(self):
        """{(topic, partition): end offset} of all topics."""
        consumer = confluent_kafka.Consumer({"bootstrap.servers": self.env["LETHE_KAFKA"], "group.id": "look",
                                             "log_level": 0})
        try:
            return {(name, number): consumer.get_watermark_offsets(
                confluent_kafka.TopicPartition(name, number), timeout=10)[1]
                    for name, topic in consumer.list_topics(timeout=10).topics.items() if not name.startswith("__")
                    for number in topic.partitions}
        finally:
            consumer.close()

    # -- PostgreSQL ----------------------------------------------------------------------------------------------
    def rows(self, sql, params=None, *, keyring=False):
        with psycopg.connect(self.env["LETHE_KEYRING_PG" if keyring else "LETHE_PG"], autocommit=True) as link:
            cursor = link.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    def value(self, sql, params=None, *, keyring=False):
        return self.rows(sql, params, keyring=keyring)[0][0]

    def tables(self, *, keyring=False):
        """[(schema, table)] of everything that is ours."""
        return self.rows("SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN "
                         "('pg_catalog', 'information_schema') ORDER BY 1, 2", keyring=keyring)

    def behind(self):
        """What is still under way: [(schema, topic, partition, next, end)] and ("outbox", schema, rows)."""
        ends = self.high_watermarks()
        found = []
        for service in SERVICES:
            if not self.value("SELECT to_regclass(%s) IS NOT NULL", (f"{service}.koff",)):
                continue
            # pylint: disable-next=consider-using-f-string
            for topic, part, reached in self.rows(f"SELECT topic, part, next FROM {service}.koff"):
                if reached < ends.get((topic, part), 0):
                    found.append((service, topic, part, reached, ends[topic, part]))
            waiting = self.value(f"SELECT count(*) FROM {service}.outbox")
            if waiting:
                found.append(("outbox", service, waiting))
        return found

    def wait_drained(self, timeout=120):
        """Until every consumer has read everything and every outbox is empty, twice in a row."""
        calm = itertools.count()

        def quiet():
            nonlocal calm
            if self.behind():
                calm = itertools.count()
                return False
            return next(calm) >= 1

        wait_until(quiet, timeout, lambda: f"the pipeline to drain; behind: {self.behind()[:5]}")

    # -- mails ---------------------------------------------------------------------------------------------------
    def mails(self, to=None):
        """[(number, EmailMessage)] by arrival; `to` filters by the envelope."""
        found = []
        for path in sorted(Path(self.env["LETHE_MAIL_DIR"]).glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if to is None or to.lower() in [a.lower() for a in message.get_all("X-Envelope-To", [])]:
                found.append((int(path.stem), message))
        return found

    def wait_mail(self, to, *, after=0, match=None, timeout=30):
        """The first mail to `to` with a number above `after` whose text holds `match`: (number, message)."""
        def found():
            return next(((n, m) for n, m in self.mails(to) if n > after and (match is None or match in mail_text(m))),
                        None)
        return wait_until(found, timeout, f"a mail after number {after}" + (f" with {match!r}" if match else ""))

    # -- disk ----------------------------------------------------------------------------------------------------
    def files_holding(self, *texts, without=("mail",)):
        """Files of the stack that hold one of the texts in clear, in UTF-8 or UTF-16; folders in `without` are left
        out. By grep: files come and go while it looks."""
        home = self.home.resolve()
        data = [Path(self.env["LETHE_PG_DATA"]), Path(self.env["LETHE_KEYRING_DATA"])]
        roots = [p for p in home.iterdir() if p.name not in without] + [p for p in data if home not in p.parents]
        with tempfile.NamedTemporaryFile() as needles:
            needles.write(b"".join(form + b"\n" for text in texts for form in (text.encode(), text.encode("utf-16-le"))))
            needles.flush()
            done = subprocess.run(["grep", "-rlaFs", "-f", needles.name, *roots], stdout=subprocess.PIPE,
                                  env={**os.environ, "LC_ALL": "C"}, check=False)
        return [Path(os.fsdecode(name)) for name in done.stdout.splitlines()]


def mail_text(message):
    """The text part of a mail."""
    part = message.get_body(preferencelist=("plain", "html"))
    return part.get_content() if part is not None else ""


class _From(requests.adapters.HTTPAdapter):
    """Calls from an address of our choice."""

    def __init__(self, address):
        self.address = address
        super().__init__(pool_maxsize=64)

    def init_poolmanager(self, *args, **kwargs):  # pylint: disable=arguments-differ
        super().init_poolmanager(*args, source_address=(self.address, 0) if self.address else None, **kwargs)


@functools.cache
def _session(address=None):
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", _From(address))
    return session


_SESSION = _session()
