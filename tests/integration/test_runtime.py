"""The runtime at odd moments: names, lost answers, restores, outages; what it says of them, and that it stops in time."""
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from pathlib import Path

import confluent_kafka
import confluent_kafka.admin
import psycopg.conninfo
import pytest
import requests
from lethe_stack import ROOT, SERVICES, contact, event, wait_until
from pg_proxy import PgProxy

BIN = ROOT / "build" / "release" / "bin"


def health(stack, service):
    """(ready, what it waits for, its notes); None where nobody answers."""
    try:
        answer = stack.http("GET", stack.url(service, "/health/ready"), timeout=2)
    except requests.RequestException:
        return None
    return answer.status_code == 200, answer.json()["waiting_for"], answer.json()["notes"]


def waits_for(stack, service, what):
    found = health(stack, service)
    return found is not None and not found[0] and any(part.startswith(what) for part in found[1])


def environment(stack, service):
    lines = stack.run("env", service).stdout.splitlines()
    return {**os.environ, **{name: value.strip("'") for name, value in (line.split("=", 1) for line in lines if "=" in line)}}


def command(stack, service, *args, **options):
    return subprocess.run([BIN / f"lethe-{service}", *args], env={**environment(stack, service), **options},
                          capture_output=True, text=True, check=False, timeout=60)


def lines(stack, process, name):
    return [line for line in stack.log(process).splitlines() if f'"{name}"' in line]


def send_people(stack, prefix, n):
    stack.send([contact(f"{prefix}-{number}", email=f"{prefix.lower()}.{number}@runtime.example", family_name=f"Rt{number}")
                for number in range(n)])


# ---- the instance's name -------------------------------------------------------------------------------------------------
def last_try(stack):
    """When the process that is without the name last asked PostgreSQL for anything: for the name, that is."""
    return stack.value("SELECT max(a.query_start) FROM pg_stat_activity a WHERE a.application_name = 'lethe-dedupe/loop' AND "
                       "NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted)")


def test_two_processes_of_one_name(stack):
    """The newest works; the other stays out, alive and unready, and goes on when the name is free."""
    stack.start("dedupe", instance=2, env={"LETHE_INSTANCE": "dedupe-1"})
    wait_until(lambda: waits_for(stack, "dedupe", "instance name in use"), 40, "the older one to stay out")
    epochs = stack.rows("SELECT topic, part, epoch FROM dedupe.koff ORDER BY 1, 2")
    send_people(stack, "NM", 50)
    stack.wait_drained(60)
    tries = set()
    wait_until(lambda: tries.add(last_try(stack)) or len(tries - {None}) >= 3, 60, "it to try again: nothing may come of that")
    assert stack.rows("SELECT topic, part, epoch FROM dedupe.koff ORDER BY 1, 2") == epochs, "they fence each other"
    assert stack.pid("dedupe") and waits_for(stack, "dedupe", "instance name in use")
    assert stack.http("GET", stack.url("dedupe-2", "/health/ready")).status_code == 200
    stack.kill("dedupe-2")
    wait_until(lambda: stack.ready("dedupe"), 60, "the older one to go on")
    send_people(stack, "NN", 50)
    stack.wait_drained(60)


def test_a_zombie_leaves_its_namesake_alone(stack):
    stack.freeze("dedupe")
    stack.start("dedupe", instance=2, env={"LETHE_INSTANCE": "dedupe-1"})
    send_people(stack, "NZ", 50)
    stack.wait_drained(60)
    epochs = stack.rows("SELECT topic, part, epoch FROM dedupe.koff ORDER BY 1, 2")
    stack.thaw("dedupe")
    wait_until(lambda: waits_for(stack, "dedupe", "instance name in use"), 40, "the zombie to stay out")
    send_people(stack, "NY", 50)
    stack.wait_drained(60)
    assert stack.rows("SELECT topic, part, epoch FROM dedupe.koff ORDER BY 1, 2") == epochs
    assert stack.ready("dedupe-2")
    stack.kill("dedupe-2")
    wait_until(lambda: stack.ready("dedupe"), 60, "it to go on")


def test_a_lease_follows_its_killed_owner(stack):
    """The owner is one process; the next of its name needn't wait until the lease runs out."""
    def owner():
        return stack.value("SELECT owner FROM dedupe.lease WHERE name = 'job/inbox'")
    before = owner()
    assert before.startswith("dedupe-1/")
    stack.kill("dedupe")
    stack.start("dedupe")
    began = time.monotonic()
    wait_until(lambda: owner() != before, 10, "the successor to have the lease")
    assert time.monotonic() - began < 10 and owner().startswith("dedupe-1/")


# ---- the inbox -----------------------------------------------------------------------------------------------------------
def meant_for_nobody(event_id, source, day):
    """An order that the inbox remembers, and that no service carries out."""
    return event("lethe.forget.destroy", {"request": str(uuid.uuid4()), "expiry": False, "keys": [], "persons": [], "records": [],
                                          "activities": [], "parts": [], "only": ["nobody"]}, key="x", id=event_id,
                 source=source, time=f"2026-11-{day:02}T09:00:00Z")


def seen(stack):
    return stack.value("SELECT count(*) FROM dedupe.inbox")


def test_a_repeat_of_another_day_is_a_repeat(stack):
    stack.wait_drained(60)
    before = seen(stack)
    stack.send(meant_for_nobody("again-1", "urn:x", 1), topic="forget")
    stack.wait_drained(60)
    assert seen(stack) == before + 1
    stack.send(meant_for_nobody("again-1", "urn:x", 2), topic="forget")
    stack.wait_drained(60)
    assert seen(stack) == before + 1


def test_long_sources_are_told_apart(stack):
    stack.wait_drained(60)
    before = seen(stack)
    stack.send(meant_for_nobody("long-1", "urn:" + "x" * 700 + "a", 1),
               meant_for_nobody("long-1", "urn:" + "x" * 700 + "b", 1), topic="forget")
    stack.wait_drained(60)
    assert seen(stack) == before + 2


def test_the_inbox_forgets_what_is_old(stack):
    stack.rows("INSERT INTO dedupe.inbox SELECT sha256(i::text::bytea), current_date - 100 FROM generate_series(1, 12000) i")
    stack.restart("dedupe")
    wait_until(lambda: stack.value("SELECT count(*) FROM dedupe.inbox WHERE seen_on < current_date - 60") == 0, 30,
               "old rows to go, page by page")


def test_foreign_headers_push_nothing_out(stack):
    item = contact("FH-1", email="fh.1@runtime.example", family_name="Kopf")
    headers = [(f"x-trace-{n}", b"1") for n in range(60)]
    headers += [(f"ce_{name}", str(text).encode()) for name, text in item["headers"].items()]
    headers += [("content-type", b"application/json")]
    before = stack.value("SELECT count(*) FROM vault.record")
    stack.producer.produce("contacts.in", value=json.dumps(item["data"]).encode(), key=item["key"], headers=headers)
    stack.producer.flush(30)
    wait_until(lambda: stack.value("SELECT count(*) FROM vault.record") == before + 1, 30, "the event to be stored")


# ---- resync and restores ---------------------------------------------------------------------------------------------------
def announced(stack):
    """How many messages dedupe has published."""
    return sum(end for (topic, _), end in stack.high_watermarks().items() if topic == "person")


def test_a_resync_outlives_its_process(stack):
    send_people(stack, "RS", 300)
    stack.wait_drained(60)
    stack.kill("dedupe")
    stack.rows("INSERT INTO dedupe.resync DEFAULT VALUES")
    before = announced(stack)
    stack.start("dedupe", env={"LETHE_CRASH_AT": "service.after-commit:4"}, wait=False)
    stack.wait_dead("dedupe")
    stack.start("dedupe")
    # not by the line in the log: the crash may come between the last commit and it
    wait_until(lambda: stack.rows("SELECT * FROM dedupe.resync") == [], 60, "the resync to be done")
    stack.wait_drained(60)
    assert announced(stack) - before >= 300


def test_a_restore_is_noticed_and_settled(stack):
    stack.wait_drained(60)
    stack.kill("dedupe")
    stack.rows("UPDATE dedupe.koff SET next = next + 100000 WHERE topic = 'record' AND part = 0")
    if stack.value("SELECT next FROM dedupe.koff WHERE topic = 'record' AND part = 0") is None:
        pytest.fail("there is no such partition")
    stack.start("dedupe")
    wait_until(lambda: any("restored" in note for note in health(stack, "dedupe")[2]), 30, "the health page to say so")
    assert lines(stack, "dedupe", "partition.gap")
    stack.restart("dedupe")
    wait_until(lambda: any("restored" in note for note in health(stack, "dedupe")[2]), 30, "it to be said until it is settled")
    before = stack.value("SELECT value FROM dedupe.incarnation")
    done = len(lines(stack, "dedupe", "resync.done"))
    answer = command(stack, "dedupe", "restored")
    assert answer.returncode == 0, answer.stderr
    assert stack.value("SELECT value FROM dedupe.incarnation") == before + 1
    wait_until(lambda: not any("restored" in note for note in health(stack, "dedupe")[2]), 30, "the note to go")
    wait_until(lambda: len(lines(stack, "dedupe", "resync.done")) > done, 60, "all rows to be announced")
    send_people(stack, "RT", 20)
    stack.wait_drained(60)


# ---- a lost commit ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def proxied(stack):
    """dedupe, whose PostgreSQL is behind a proxy."""
    link = psycopg.conninfo.conninfo_to_dict(stack.env["LETHE_PG"])
    proxy = PgProxy(link["host"], link["port"])
    password = (stack.home / "secrets" / "postgres-lethe_dedupe").read_text().strip()
    stack.stop("dedupe")
    stack.start("dedupe", env={"LETHE_PG": f"host=127.0.0.1 port={proxy.port} dbname=lethe user=lethe_dedupe password={password}"})
    yield stack, proxy
    stack.kill("dedupe")
    stack.start("dedupe")
    proxy.close()


def test_a_lost_commit_answer_is_asked_for(proxied):
    stack, proxy = proxied
    proxy.arm(b"service_resync_want")
    answer = stack.internal("POST", "dedupe", "/internal/v1/resync", {})
    assert proxy.lost == 1
    assert answer.status_code == 202, answer.text
    assert '"committed"' in lines(stack, "dedupe", "commit.settled")[-1]


def test_a_commit_that_never_arrived_failed_for_sure(proxied):
    stack, proxy = proxied
    wait_until(lambda: stack.rows("SELECT * FROM dedupe.resync") == [], 60, "the resync before to be done")
    proxy.arm(b"service_resync_want", deliver=False)
    answer = stack.internal("POST", "dedupe", "/internal/v1/resync", {})
    assert proxy.lost == 1
    assert answer.status_code == 503, answer.text
    assert '"aborted"' in lines(stack, "dedupe", "commit.settled")[-1]
    assert stack.rows("SELECT * FROM dedupe.resync") == []


# ---- outages ---------------------------------------------------------------------------------------------------------------
def cpu_seconds(stack, service):
    fields = Path(f"/proc/{stack.pid(service)}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_kafka_away_is_said_until_it_is_back(stack):
    """And waited for without a hurry, whatever jobs there are: intake has something to truncate."""
    send_people(stack, "KA", 100)
    stack.wait_drained(60)
    stack.kill("kafka")
    wait_until(lambda: waits_for(stack, "dedupe", "kafka"), 30, "dedupe to notice")
    before = {service: cpu_seconds(stack, service) for service in SERVICES}
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert waits_for(stack, "dedupe", "kafka")
        time.sleep(0.1)
    used = {service: cpu_seconds(stack, service) - before[service] for service in SERVICES}
    assert max(used.values()) < 2, f"seconds of a core in 20 s: {used}"
    stack.start("kafka")
    wait_until(lambda: stack.ready("dedupe"), 60, "dedupe to be ready again")


def group(stack, name):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": stack.env["LETHE_KAFKA"]})
    return admin.describe_consumer_groups([name])[name].result(timeout=10)


def settled(stack, name, members):
    found = group(stack, name)
    return found.state == confluent_kafka.ConsumerGroupState.STABLE and len(found.members) == members


def test_partitions_revoked_while_paused_are_read_when_they_are_back(stack):
    """Who waits has its partitions paused. A rebalance takes them meanwhile and gives them back when nothing is waited for any
    more; it takes as long as a frozen member's session does."""
    stack.start("intake", instance=2)
    wait_until(lambda: settled(stack, "intake", 2), 30, "both to be members")
    stack.kill("postgres")
    send_people(stack, "PA", 100)
    retries = stack.metrics("intake")["lethe_retries_total"]
    wait_until(lambda: stack.metrics("intake")["lethe_retries_total"] > retries + 5, 30, "intake to wait with a batch in hand")
    revoked = len(lines(stack, "intake", "partitions.revoked"))
    stack.freeze("intake-2")
    newcomer = confluent_kafka.Consumer({"bootstrap.servers": stack.env["LETHE_KAFKA"], "group.id": "intake",
                                         "session.timeout.ms": 6000, "enable.auto.commit": False})
    newcomer.subscribe(["contacts.in"])
    wait_until(lambda: newcomer.poll(0.05) or len(lines(stack, "intake", "partitions.revoked")) > revoked, 30,
               "a newcomer to set off a rebalance")
    stack.start("postgres")
    wait_until(lambda: newcomer.poll(0.05) or newcomer.assignment(), 30, "the rebalance to end without the frozen one")
    newcomer.close()
    stack.kill("intake-2")
    wait_until(lambda: settled(stack, "intake", 1) and stack.ready("intake"), 60, "intake to be alone, and ready")
    send_people(stack, "PB", 200)
    stack.wait_drained(60)


def test_an_idle_service_notices_that_postgres_is_away(stack):
    stack.wait_drained(60)
    stack.kill("postgres")
    wait_until(lambda: waits_for(stack, "dedupe", "postgres"), 15, "dedupe to notice")
    stack.start("postgres")
    wait_until(lambda: stack.ready("dedupe"), 30, "dedupe to be ready again")


def test_the_lag_grows_while_the_keyring_is_away(stack):
    def lag():
        return sum(v for k, v in stack.metrics("intake").items() if k.startswith("lethe_lag") and "contacts.in" in k)
    stack.wait_drained(60)
    stack.kill("keyring")
    send_people(stack, "LG", 10)
    wait_until(lambda: not stack.ready("intake"), 30, "intake to wait")
    send_people(stack, "LH", 500)
    wait_until(lambda: lag() >= 500, 30, lambda: f"the lag to be told; it is {lag()}")
    stack.start("keyring")
    stack.wait_drained(60)


def test_a_hangup_is_not_lost_in_an_outage(stack):
    """The policy is in force once its row is committed, however long that takes."""
    policy = stack.home / "policy.yaml"
    before = stack.value("SELECT max(version) FROM intake.policy_row")
    stack.kill("postgres")
    policy.write_text(policy.read_text() + f"\n# {datetime.datetime.now()}\n")
    os.kill(stack.pid("intake"), signal.SIGHUP)
    wait_until(lambda: waits_for(stack, "intake", "postgres"), 20, "intake to notice")
    stack.start("postgres")
    wait_until(lambda: (stack.value("SELECT max(version) FROM intake.policy_row") or 0) > before, 30, "the policy to be in force")


# ---- configuration -----------------------------------------------------------------------------------------------------------
def test_all_mistakes_are_named_at_once(stack, tmp_path):
    key = tmp_path / "key"
    key.write_text("no key\n")
    policy = tmp_path / "policy.yaml"
    policy.write_text("nonsense: true\n")
    answer = command(stack, "erasure", "--check", "--http-threads", "99", LETHE_PG="host=x port", LETHE_POLICY=str(policy),
                     LETHE_INSTANCE="a" * 49, LETHE_LOG_LEVEL="loud", LETHE_SIGNING_KEY_FILE=str(key))
    assert answer.returncode == 78
    for name in ("--http-threads", "--pg", "--policy", "--instance", "--log-level", "--signing-key-file"):
        assert name in answer.stderr, answer.stderr
    assert command(stack, "erasure", "--check", LETHE_INSTANCE="erasure/1").returncode == 78
    assert command(stack, "erasure", "--check", LETHE_INSTANCE="Erasure_1.b-" + "c" * 36).returncode == 0


def test_a_replaced_broker_is_read_from_its_start(own_stack):
    """Its offsets mean something else: the cluster's id is looked at at each assignment, not once a process."""
    stack = own_stack.up()
    send_people(stack, "RB", 20)
    stack.wait_drained(120)
    before, pid = stack.rows("SELECT DISTINCT cluster_id FROM dedupe.koff"), stack.pid("dedupe")
    stack.kill("kafka")
    shutil.rmtree(stack.home / "kafka" / "data")
    (stack.home / "kafka" / "cluster_id").unlink()
    stack.run("up")
    wait_until(lambda: not set(before) & set(stack.rows("SELECT DISTINCT cluster_id FROM dedupe.koff")), 120,
               "all partitions to be taken anew")
    assert stack.pid("dedupe") == pid
    send_people(stack, "RC", 20)
    wait_until(lambda: stack.value("SELECT count(*) FROM dedupe.record") == 40, 120, "what comes now to be read")


# ---- stopping ------------------------------------------------------------------------------------------------------------------
def stops(stack, service):
    """SIGTERM; the seconds until it is gone."""
    pid, began = stack.pid(service), time.monotonic()
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: stack.pid(service) is None, 12, f"{service} to stop")
    return time.monotonic() - began


def children(pid):
    return [int(child) for child in open(f"/proc/{pid}/task/{pid}/children", encoding="ascii").read().split()]


def test_it_stops_in_time_in_every_state(own_stack):
    stack = own_stack.up()
    send_people(stack, "ST", 20000)
    assert stops(stack, "intake") < 10, "in the middle of batches"
    stack.start("intake", wait=False)

    everyone = [stack.pid("postgres"), *children(stack.pid("postgres"))]
    for pid in everyone:
        os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: waits_for(stack, "dedupe", "postgres"), 30, "dedupe to notice the silence")
        assert stops(stack, "dedupe") < 10, "PostgreSQL frozen"
    finally:
        for pid in everyone:
            os.kill(pid, signal.SIGCONT)
    stack.kill("kafka")
    wait_until(lambda: waits_for(stack, "consent", "kafka"), 30,
               lambda: f"consent to wait for Kafka; it says {health(stack, 'consent')}")
    assert stops(stack, "consent") < 10, "waiting for Kafka"
    stack.start("consent", wait=False)
    wait_until(lambda: health(stack, "consent") is not None, 10, "consent to serve")
    assert stops(stack, "consent") < 10, "starting without Kafka"
    stack.start("kafka")

    stack.kill("postgres")
    wait_until(lambda: waits_for(stack, "retention", "postgres"), 30, "retention to wait for PostgreSQL")
    assert stops(stack, "retention") < 10, "waiting for PostgreSQL"
    stack.start("retention", wait=False)
    wait_until(lambda: health(stack, "retention") is not None, 10, "retention to serve")
    assert stops(stack, "retention") < 10, "starting without PostgreSQL"
    stack.start("postgres")

    host, port = stack.url("intake").removeprefix("http://").split(":")
    wait_until(lambda: stack.ready("intake"), 60, "intake to be ready")
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
        assert stops(stack, "intake") < 10, "a request under way"
