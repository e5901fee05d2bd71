"""What a transaction published reaches its topic: one topic that takes nothing holds up no other, a row that is larger than
memory is read in parts, and who owns a shard no more deletes nothing of it."""
import os
import struct
import sys
import time
import uuid

import psycopg
import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic
from forgetting import ask, tasks, wait_completed
from lethe_stack import ROOT, SERVICES, contact, wait_until

sys.path.insert(0, str(ROOT / "deploy" / "demo"))

from holders import KafkaArchive  # noqa: E402

PEOPLE = 60


def topic_goes(admin, topic):
    for done in admin.delete_topics([topic]).values():
        done.result(20)
    wait_until(lambda: topic not in admin.list_topics(timeout=5).topics, 20, f"{topic} to be gone")


def topic_comes(admin, topic, partitions):
    for done in admin.create_topics([NewTopic(topic, num_partitions=partitions, replication_factor=1)]).values():
        done.result(20)


@pytest.fixture
def two_archives(own_stack):
    stack = own_stack.up()
    archives = [KafkaArchive(name, stack.env["LETHE_KAFKA"]) for name in ("gone-archive", "good-archive")]
    for archive in archives:
        answer = stack.admin("POST", "/holders", {"name": archive.name, "kind": "kafka", "identifiers": ["email"],
                                                  **archive.public_keys()})
        assert answer.status_code in (200, 201), answer.text
    archives[1].start()
    yield stack, *archives
    for archive in archives:
        archive.close()


def address(number):
    return f"geht.{number}@relay.example"


def answered(stack, request, holders):
    found = tasks(stack, request)
    return all(found.get(name, (None, None))[1] == "done" for name in holders)


def test_a_topic_that_is_gone_holds_up_no_other(two_archives):
    stack, gone, good = two_archives
    stack.send([contact(f"R-{n}", email=address(n), family_name=f"Relay{n}") for n in range(PEOPLE)])
    stack.wait_drained(60)
    admin = AdminClient({"bootstrap.servers": stack.env["LETHE_KAFKA"], "log_level": 0})
    topic = f"holder.{gone.name}"
    partitions = len(admin.list_topics(topic, timeout=10).topics[topic].partitions)
    others = [*SERVICES, good.name]

    first = [ask(stack, {"email": address(n)}) for n in range(PEOPLE // 3)]
    wait_until(lambda: all(answered(stack, r, others) for r in first), 60, "the others to answer before")
    topic_goes(admin, topic)

    second = [ask(stack, {"email": address(n)}) for n in range(PEOPLE // 3, 2 * PEOPLE // 3)]
    wait_until(lambda: all(answered(stack, r, others) for r in second), 30, "the others to answer while the topic is gone")
    wait_until(lambda: stack.metrics("erasure").get("lethe_outbox_aside", 0) > 0, 20, "rows to be put aside")
    pace = []
    for n in range(2 * PEOPLE // 3, PEOPLE):
        begun = time.monotonic()
        second.append(ask(stack, {"email": address(n)}))
        wait_until(lambda: answered(stack, second[-1], others), 10, "the others to answer at full speed")
        pace.append(time.monotonic() - begun)
    assert sorted(pace)[len(pace) // 2] < 1, f"the others wait for the topic: {pace}"
    assert stack.metrics("erasure")["lethe_publish_refused_total"] > 0
    log = stack.log("erasure")
    assert log.count("relay.topic-stuck") == 1 and "relay.producer-renewed" not in log
    aside = stack.rows("SELECT DISTINCT stuck FROM erasure.outbox WHERE tries > 0")
    assert aside == [([topic],)], aside

    # a new process knows from the table what waits, and goes on with the rest
    stack.kill("erasure")
    stack.start("erasure")
    topic_comes(admin, topic, partitions)
    gone.start()
    wait_completed(stack, first + second, 120)
    assert all(gone.told_to_forget(address(n)) for n in range(PEOPLE // 3, PEOPLE))
    wait_until(lambda: stack.value("SELECT count(*) FROM erasure.outbox") == 0, 30, "the outbox to be empty")


def text16(text):
    raw = text.encode()
    return struct.pack(">H", len(raw)) + raw


def message(topic, value):
    """As common/outbox/outbox.c writes one."""
    headers = {"ce_specversion": "1.0", "ce_id": str(uuid.uuid4()), "ce_source": "lethe/backup", "ce_type": "lethe.test"}
    return (text16(topic) + struct.pack(">i", 0) + text16("") + struct.pack(">H", len(headers)) +
            b"".join(text16(name) + text16(text) for name, text in headers.items()) + struct.pack(">I", len(value)) + value)


def left_behind(stack, rows):
    """Rows that a process of backup's left in its outbox, in this order."""
    stack.kill("backup")
    with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as pg:
        for number, row in enumerate(rows):
            pg.execute("INSERT INTO backup.outbox (id, shard, epoch, messages) VALUES (%s, 'proc/backup-1', 1, %s)",
                       (uuid.UUID(int=(number + 1) << 80 | 7 << 76 | 2 << 62), row))
    stack.start("backup")


def left(stack):
    return stack.value("SELECT count(*) FROM backup.outbox")


def test_order_holds_within_each_topic(stack):
    admin = AdminClient({"bootstrap.servers": stack.env["LETHE_KAFKA"], "log_level": 0})
    topic_comes(admin, "test.there", 1)
    said = [b"%06d" % number for number in range(300)]
    left_behind(stack, (message("test.there", text) + message("test.missing", text) + message("test.there", text + b"+")
                        for text in said))
    wait_until(lambda: len(stack.messages("test.there")) >= 600, 20, "the topic that is there to have all")
    wait_until(lambda: stack.value("SELECT count(*) FROM backup.outbox WHERE stuck = '{test.missing}'") == 300, 20,
               "the rest to be put aside")
    assert stack.value("SELECT max(octet_length(messages)) FROM backup.outbox") == len(message("test.missing", said[0]))
    topic_comes(admin, "test.missing", 1)
    wait_until(lambda: left(stack) == 0, 60, "the topic to be found")
    assert [value for _, _, value in stack.messages("test.missing")] == said
    assert [value for _, _, value in stack.messages("test.there")] == [t + end for t in said for end in (b"", b"+")]


def test_one_message_that_is_too_large_is_overtaken_and_tried_again(stack):
    admin = AdminClient({"bootstrap.servers": stack.env["LETHE_KAFKA"], "log_level": 0})
    for done in admin.create_topics([NewTopic("test.small", 1, 1, config={"max.message.bytes": "2000"})]).values():
        done.result(20)
    noise = os.urandom(8000)
    left_behind(stack, [message("test.small", b"before"), message("test.small", noise), message("test.small", b"after")])
    wait_until(lambda: [v for _, _, v in stack.messages("test.small")] == [b"before", b"after"], 20, "the others to go")
    wait_until(lambda: stack.rows("SELECT stuck, next_at IS NOT NULL, tries > 0 FROM backup.outbox") == [(None, True, True)], 20,
               "the large one to be put aside")
    more = ConfigEntry("max.message.bytes", "20000", incremental_operation=AlterConfigOpType.SET)
    for done in admin.incremental_alter_configs([ConfigResource("TOPIC", "test.small", incremental_configs=[more])]).values():
        done.result(20)
    wait_until(lambda: left(stack) == 0, 60, "the large one to go")
    assert [value for _, _, value in stack.messages("test.small")][-1] == noise


def test_what_is_read_back_takes_bounded_memory(own_stack):
    stack = own_stack.up()
    admin = AdminClient({"bootstrap.servers": stack.env["LETHE_KAFKA"], "log_level": 0})
    topic_comes(admin, "test.large", 1)
    rows = 60
    left_behind(stack, (message("test.large", b"%06d" % number + bytes(950_000)) + message("test.large", bytes(950_000))
                        for number in range(rows)))
    peak = [0]

    def all_gone():
        peak[0] = max(peak[0], stack.memory_mb("backup"))
        return left(stack) == 0

    wait_until(all_gone, 60, "the rows to be delivered")
    assert peak[0] < 110, f"{peak[0]} MB for {rows} rows of 1.9 MB"  # its rows read back, their sending, itself
    values = [value for _, _, value in stack.messages("test.large")]
    assert [v[:6] for v in values if v[0]] == [b"%06d" % n for n in range(rows)], "not in the order of the rows"


@pytest.mark.parametrize("shard, table", [("record/0", "koff"), ("proc/erasure-1", "outbox_shard")])
def test_who_owns_a_shard_no_more_deletes_nothing_of_it(stack, shard, table):
    remove = (ROOT / "common" / "outbox" / "sql" / "remove.sql").read_text().replace("$1", "%(ids)s").replace("$2", "%(epochs)s")
    number = uuid.uuid4()
    with psycopg.connect(stack.env["LETHE_PG"]) as pg:
        pg.execute("SET LOCAL search_path = erasure")
        pg.execute("INSERT INTO koff (topic, part, cluster_id, next, epoch) VALUES ('record', 0, 'x', 0, 1) ON CONFLICT DO NOTHING")
        current, = pg.execute("SELECT outbox_epoch(%s)", (shard,)).fetchone()
        assert current >= 1
        pg.execute("INSERT INTO outbox (id, shard, epoch, messages) VALUES (%s, %s, %s, '')", (number, shard, current))
        where = "topic = 'record' AND part = 0" if table == "koff" else f"shard = '{shard}'"
        pg.execute(f"UPDATE {table} SET epoch = epoch + 1 WHERE {where}")
        assert pg.execute(remove, {"ids": [number], "epochs": [current]}).rowcount == 0
        assert pg.execute(remove, {"ids": [number], "epochs": [current + 1]}).rowcount == 1
        pg.rollback()


def test_two_processes_of_one_name_never_write_under_one_shard(stack):
    def epoch(change):
        with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as pg:
            pg.execute("UPDATE erasure.outbox_shard SET epoch = epoch + %s WHERE shard = 'proc/erasure-1'", (change,))

    def asked():
        return stack.admin("POST", "/requests", {"kind": "forget", "subject": {"email": "one.name@relay.example"},
                                                 "requester": {"relation": "self"}})

    def known():
        return stack.value("SELECT count(*) FROM erasure.request")

    before = known()
    epoch(1)
    assert asked().status_code == 503
    assert known() == before
    epoch(-1)
    assert asked().status_code == 202
    epoch(-1)  # a restore set it back: the epoch in use goes on, and is above what stands there again
    assert asked().status_code == 202
    assert known() == before + 2
