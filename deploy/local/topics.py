"""Creates the topics of deploy/kafka/topics.txt that are missing: topics.py BOOTSTRAP [FILE]. Safe to repeat."""
import sys
import time
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

TOPICS = Path(__file__).resolve().parents[1] / "kafka" / "topics.txt"
READY_SECONDS = 60


def read_topics(path):
    """[(name, partitions, {setting: value})]"""
    topics = []
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        words = line.split("#", 1)[0].split()
        if words:
            topics.append((words[0], int(words[1]), dict(w.split("=", 1) for w in words[2:])))
    return topics


def wait_for_broker(admin):
    end = time.monotonic() + READY_SECONDS
    while True:
        try:
            metadata = admin.list_topics(timeout=1)
            if metadata.brokers:
                return metadata
        except KafkaException:
            pass
        if time.monotonic() > end:
            raise SystemExit(f"topics: no broker answers after {READY_SECONDS} s")


def create(admin, wanted, known):
    missing = [NewTopic(name, partitions, replication_factor=1, config=settings)
               for name, partitions, settings in wanted if name not in known]
    if not missing:
        return
    for name, future in admin.create_topics(missing, operation_timeout=20).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].name() != "TOPIC_ALREADY_EXISTS":
                raise SystemExit(f"topics: {name}: {error.args[0].str()}") from error


def wait_for_leaders(admin, wanted):
    end = time.monotonic() + READY_SECONDS
    while True:
        topics = admin.list_topics(timeout=5).topics
        behind = [name for name, partitions, _ in wanted
                  if name not in topics or len(topics[name].partitions) < partitions
                  or any(p.leader < 0 for p in topics[name].partitions.values())]
        if not behind:
            return
        if time.monotonic() > end:
            raise SystemExit(f"topics: without a leader: {', '.join(behind)}")
        time.sleep(0.05)


def main():
    admin = AdminClient({"bootstrap.servers": sys.argv[1], "log_level": 0, "socket.nagle.disable": True,
                         "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 200})
    wanted = read_topics(sys.argv[2] if len(sys.argv) > 2 else TOPICS)
    known = wait_for_broker(admin).topics
    create(admin, wanted, known)
    wait_for_leaders(admin, wanted)


if __name__ == "__main__":
    main()
