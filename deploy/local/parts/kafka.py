"""Kafka 4.1 as one KRaft node, or librdkafka's mock cluster where Kafka's jars could not be fetched."""
import os
import shutil
import signal
import subprocess
import uuid
import base64

from .home import StackError, say
from .process import Process, wait_until

JVM = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms128m", "-Xmx512m", "-XX:+ExitOnOutOfMemoryError",
       "-Djava.awt.headless=true"]


class Kafka:
    """The real broker; its data survive down and up."""

    durable = True

    def __init__(self, home):
        self.home = home
        self.process = Process(home, "kafka")
        self.folder = home.path / "kafka"

    def bootstrap(self):
        return f"127.0.0.1:{self.home.port('kafka')}"

    def _java(self, *argv):
        return ["java", *JVM, "-cp", f"{self.home.kafka_jars}/*", *argv]

    def _configure(self):
        self.folder.mkdir(exist_ok=True)
        template = (self.home.root / "deploy" / "kafka" / "server.properties.in").read_text()
        for name, value in {"port": self.home.port("kafka"), "controller_port": self.home.port("controller"),
                            "log_dirs": self.folder / "data"}.items():
            template = template.replace(f"@{name}@", str(value))
        config = self.folder / "server.properties"
        config.write_text(template)
        return config

    def start(self):
        if self.process.pid() is not None:
            return False
        for name in ("kafka", "controller"):
            self.home.need_free(self.home.port(name), name)
        config = self._configure()
        if not (self.folder / "data" / "meta.properties").exists():
            self._format(config)
        self.process.start(self._java("kafka.Kafka", config), cwd=self.folder)
        return True

    def _format(self, config):
        kept = self.folder / "cluster_id"
        if not kept.exists():
            kept.write_text(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=") + "\n")
        done = subprocess.run(self._java("kafka.tools.StorageTool", "format", f"--cluster-id={kept.read_text().strip()}",
                                         "-c", config), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StackError(f"kafka: formatting its folder failed:\n{done.stdout}{done.stderr}")

    def wait_ready(self):
        """Ready means that every topic of topics.txt has a leader."""
        tool = subprocess.Popen(  # pylint: disable=consider-using-with
            [self.home.python, self.home.root / "deploy" / "local" / "topics.py", self.bootstrap()],
            stderr=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: tool.poll() is not None, 90, "Kafka and its topics", alive=[self.process])
        finally:
            tool.kill()
        _, errors = tool.communicate()
        if tool.returncode != 0:
            raise StackError(errors.strip() + "\n" + self.process.tail())

    def stop(self, seconds=20):
        self.process.send(signal.SIGCONT)
        self.process.send(signal.SIGTERM)
        if self.process.wait_gone(seconds):
            self.process.forget()
            return []
        self.process.send(signal.SIGKILL)
        self.process.wait_gone(5)
        self.process.forget()
        return ["kafka"]


class MockKafka:
    """In memory, for a demo at most. Its port is its own choice and changes with each start."""

    durable = False
    brokers = "1"

    def __init__(self, home):
        self.home = home
        self.process = Process(home, "kafka")
        built = home.bin.parent / "deploy" / "local" / "mock_broker"  # by make
        self.binary = built if built.exists() else home.root / "build" / "mock_broker"
        self.told = home.run / "kafka.bootstrap"

    def bootstrap(self):
        return self.told.read_text().strip() if self.told.exists() else ""

    def start(self):
        if self.process.pid() is not None:
            return False
        say("  kafka: NOT APACHE KAFKA but librdkafka's mock cluster, since build/kafka is empty "
            "(deploy/setup/install.sh all fetches Kafka).")
        say("         It keeps everything in memory: NOTHING IS DURABLE, each partition holds 5 MiB at most, "
            "and nothing can be truncated.")
        self._compile()
        self.told.unlink(missing_ok=True)
        self.process.start([self.binary, self.brokers, self.home.root / "deploy" / "kafka" / "topics.txt", self.told])
        return True

    def _compile(self):
        source = self.home.root / "deploy" / "local" / "mock_broker.c"
        if self.binary.exists() and self.binary.stat().st_mtime >= source.stat().st_mtime:
            return
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "rdkafka"], capture_output=True, text=True,
                               check=True).stdout.split()
        self.binary.parent.mkdir(exist_ok=True)
        subprocess.run([os.environ.get("CC", "cc"), "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-O2", "-o",
                        str(self.binary), str(source), *flags], check=True)

    def wait_ready(self):
        wait_until(self.told.exists, 10, "the mock cluster's address", alive=[self.process])

    stop = Kafka.stop


def broker(home):
    """Whichever of the two this machine can run. LETHE_BROKER=mock asks for the mock."""
    jars = list(home.kafka_jars.glob("kafka_2.13-*.jar"))
    if jars and os.environ.get("LETHE_BROKER", "kafka") != "mock":
        if shutil.which("java") is None:
            raise StackError("java is missing: run deploy/setup/install.sh all")
        return Kafka(home)
    return MockKafka(home)
