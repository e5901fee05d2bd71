"""KEKs live in epochs: keys come under a new one, the old one is destroyed, no living key is lost, and no old copy of the
keyring can be read."""
import itertools
import os
import subprocess
import threading
import uuid
from pathlib import Path

import psycopg
import pytest
import requests
from forgetting import ask, wait_completed
from lethe_stack import ROOT, Stack, contact, wait_until

POSTGRES = Path("/usr/lib/postgresql/15/bin")
_numbers = itertools.count()


def epochs(stack):
    """{epoch: state}"""
    return dict(stack.rows("SELECT epoch, state FROM keyring.kek", keyring=True))


def current(stack):
    return stack.value("SELECT epoch FROM keyring.kek WHERE state = 'current'", keyring=True)


def rotate(stack):
    """Asks for it; the epoch that ends."""
    old = current(stack)
    answer = stack.admin("POST", "/keys/rotate")
    assert answer.status_code == 202, answer.text
    return old


def wait_destroyed(stack, epoch, timeout=60):
    wait_until(lambda: epochs(stack)[epoch] == "destroyed", timeout, lambda: f"epoch {epoch} to end: {epochs(stack)}")


def people(n):
    return [contact(f"K-{next(_numbers)}", email=f"k.{uuid.uuid4().hex[:10]}@keys.example", family_name="Key")
            for _ in range(n)]


def readable(stack):
    """How many records intake can open, of how many."""
    ids = [str(i) for i, in stack.rows("SELECT record_id FROM vault.record")]
    found = 0
    for at in range(0, len(ids), 100):
        answer = stack.internal("POST", "intake", "/internal/v1/records",
                                {"records": ids[at:at + 100], "fields": True, "reason": "request"})
        assert answer.status_code == 200, answer.text
        found += sum("fields" in record and bool(record["fields"]) for record in answer.json()["records"])
    return found, len(ids)


def all_readable(stack):
    found, n = readable(stack)
    assert found == n, f"{n - found} of {n} records can't be read"
    without = stack.value("SELECT count(*) FROM keyring.key WHERE kek_epoch <> "
                          "(SELECT epoch FROM keyring.kek WHERE state = 'current')", keyring=True)
    assert without == 0
    return n


def waits_for(stack, service):
    """What its health names; nothing while it isn't listening yet."""
    try:
        return stack.http("GET", stack.url(service, "/health/ready"), timeout=5).json().get("waiting_for", [])
    except requests.RequestException:
        return []


def file_of(stack, epoch, folder="kek"):
    return stack.home / folder / f"{epoch}.kek"


def test_a_rotation_rewraps_all_and_destroys_the_old_kek_and_its_copy(stack):
    stack.send(people(50))
    stack.wait_drained(60)
    old = current(stack)
    wait_until(lambda: file_of(stack, old, "escrow").exists(), 20, "the first KEK's copy in the escrow")
    assert file_of(stack, old, "escrow").read_text() == file_of(stack, old).read_text()
    rotate(stack)
    wait_destroyed(stack, old)
    for folder in ("kek", "escrow"):
        assert not file_of(stack, old, folder).exists()
        assert (stack.home / folder / f"{old}.destroyed").read_text().startswith("2")
        assert file_of(stack, old + 1, folder).stat().st_mode & 0o777 == 0o600
    assert all_readable(stack) >= 50
    said = stack.rows("SELECT ack, escrow_ack, destroyed_at - created_at < interval '1 hour', destroy_by > destroyed_at "
                      "FROM keyring.kek WHERE epoch = %s", (old,), keyring=True)[0]
    assert all("overwritten and unlinked on" in text for text in said[:2]) and said[2] and said[3]
    assert stack.metrics("intake")["lethe_kek_epoch"] == old + 1
    assert stack.metrics("intake")["lethe_keys_rewrapped_total"] >= 50


def test_operators_see_it_in_words_and_in_json(stack):
    environment = {**os.environ, "LETHE_ADMIN_URL": stack.env["LETHE_ADMIN_URL"],
                   "LETHE_ADMIN_TOKEN": stack.env["LETHE_ADMIN_TOKEN"]}
    ctl = Path(os.environ.get("LETHE_BIN") or ROOT / "build" / "release" / "bin") / "lethectl"
    said = subprocess.run([ctl, "keys", "status"], env=environment, capture_output=True, text=True, check=True).stdout
    now = stack.admin("GET", "/keys").json()
    assert now["place"] == "file" and now["escrow"] == "file" and now["step"] == "rest" and not now["paused"]
    newest = now["epochs"][0]
    assert newest["state"] == "current" and newest["keys"] > 0 and newest["rotate_at"] < newest["destroy_by"]
    assert f"nobody can read it after {newest['destroy_by'][:10]}" in said
    assert "nobody can read them" in said, "an epoch has ended"


def test_a_pause_holds_every_step_until_resume(stack):
    old = current(stack)
    assert stack.admin("POST", "/keys/pause").status_code == 202
    rotate(stack)
    before = stack.metrics("intake")['lethe_job_runs_total{job="keys"}']
    wait_until(lambda: stack.metrics("intake")['lethe_job_runs_total{job="keys"}'] >= before + 3, 20, "the job to run")
    assert current(stack) == old and stack.admin("GET", "/keys").json()["wanted"]
    assert stack.admin("POST", "/keys/resume").status_code == 202
    wait_destroyed(stack, old)
    all_readable(stack)


POINTS = [line.split()[1] for line in (ROOT / "tests" / "chaos" / "points.txt").read_text().splitlines()
          if line.startswith("keys ")]


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_rotation_goes_on_where_it_was(stack, point):
    stack.send(people(20))
    stack.wait_drained(60)
    keys = stack.value("SELECT count(*) FROM keyring.key", keyring=True)
    stack.kill("intake")
    stack.start("intake", env={"LETHE_CRASH_AT": point})
    old = rotate(stack)
    stack.wait_dead("intake", 60)
    stack.start("intake")
    wait_destroyed(stack, old)
    assert current(stack) == old + 1, "the number is taken up, not skipped"
    assert stack.value("SELECT count(*) FROM keyring.key", keyring=True) == keys
    all_readable(stack)
    for folder in ("kek", "escrow"):
        assert [p.name for p in sorted((stack.home / folder).glob("*.kek"))] == [f"{old + 1}.kek"]


def test_a_writer_under_way_is_waited_for_and_one_that_comes_late_is_refused(stack):
    """The lock itself: a transaction that writes keys under the old KEK, and one that begins after."""
    old, key = current(stack), uuid.uuid4()
    put = "SELECT keyring.put_v1(%s, ARRAY[%s::uuid], ARRAY['\\x00'::bytea], 'test')"
    with psycopg.connect(stack.env["LETHE_KEYRING_PG"]) as pg:
        assert pg.execute(put, (old, key)).fetchone()[0] == 1
        rotate(stack)
        wait_until(lambda: stack.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'",
                                       keyring=True), 20, "the rotation to wait for the writer")
        assert current(stack) == old
        pg.commit()
        wait_until(lambda: current(stack) == old + 1, 20, "the new epoch")
        assert pg.execute(put, (old, uuid.uuid4())).fetchone()[0] == -1, "nothing is written under an old KEK"
        pg.rollback()
        # a key that isn't one can't be rewrapped: its KEK stays until somebody has looked
        wait_until(lambda: "keys.unreadable" in stack.log("intake"), 30, "the unreadable key to be told")
        assert epochs(stack)[old] == "retiring" and file_of(stack, old).exists()
        assert stack.admin("GET", "/keys").json()["unreadable"] > 0
        pg.execute("DELETE FROM keyring.key WHERE key_id = %s", (key,))
        pg.commit()
    stack.restart("intake")  # else it looks again after a minute
    wait_destroyed(stack, old)
    all_readable(stack)


def test_writers_with_an_old_kek_in_memory_lose_nothing(stack):
    """intake, consent and mailer write all the while; four epochs end under them."""
    stop = threading.Event()
    sent = []

    def write():
        while not stop.is_set():
            batch = [contact(f"KW-{next(_numbers)}", email=f"kw.{uuid.uuid4().hex[:10]}@keys.example", family_name="Writer",
                             consents=[{"purpose": "product-b-news", "statement": 1, "language": "en"}])
                     for _ in range(20)]
            stack.send(batch)
            sent.extend(batch)

    writer = threading.Thread(target=write)
    before = stack.value("SELECT count(*) FROM vault.record")
    writer.start()
    try:
        for _ in range(4):
            wait_destroyed(stack, rotate(stack), 90)
    finally:
        stop.set()
        writer.join()
    stack.wait_drained(180)
    assert stack.value("SELECT count(*) FROM vault.record") == before + len(sent)
    all_readable(stack)
    assert not stack.messages("dead")
    asked = stack.value("SELECT count(*) FROM consent.confirm_token")
    wait_until(lambda: len(stack.mails()) >= asked, 120, "each asked person's mail: its texts could be opened")


def test_a_forget_meanwhile_leaves_no_key(stack):
    goers = people(30)
    stack.send(goers, people(100))
    stack.wait_drained(60)
    old = rotate(stack)
    ids = [ask(stack, {"email": goer["data"]["fields"]["email"]}) for goer in goers]
    wait_destroyed(stack, old)
    second = rotate(stack)
    wait_completed(stack, ids, 120)
    wait_destroyed(stack, second)
    all_readable(stack)
    stack.wait_drained(60)
    orphans = {key for key, in stack.rows("SELECT key_id FROM keyring.key WHERE made_by = 'intake'", keyring=True)}
    orphans -= {row for row, in stack.rows("SELECT record_id FROM vault.record UNION SELECT item_id FROM vault.item")}
    assert not orphans, f"{len(orphans)} keys without a row"


def test_an_escrow_that_does_not_acknowledge_is_asked_until_it_does(stack):
    old = current(stack)
    copy = file_of(stack, old, "escrow")
    wait_until(copy.exists, 20, "the copy")
    copy.unlink()
    copy.mkdir()  # nothing that could be overwritten
    rotate(stack)
    wait_until(lambda: stack.value("SELECT ack FROM keyring.kek WHERE epoch = %s", (old,), keyring=True), 30, "the file to go")
    assert not file_of(stack, old).exists()
    wait_until(lambda: "escrow" in stack.log("intake").rsplit("job.waits", 1)[-1], 20, "intake to say whom it waits for")
    assert epochs(stack)[old] == "destroying" and stack.ready("intake"), "the living need no escrow"
    copy.rmdir()
    wait_destroyed(stack, old)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("harm", ["missing", "truncated", "wrong", "open"])
def test_a_kek_that_is_not_there_writes_nothing(stack, harm, restarted):
    path = file_of(stack, current(stack))
    away = path.with_suffix(".away")
    if restarted:
        stack.kill("intake")
    path.rename(away)
    if harm != "missing":
        path.write_text({"truncated": away.read_text()[:40], "wrong": "ab" * 32 + "\n", "open": away.read_text()}[harm])
        path.chmod(0o644 if harm == "open" else 0o600)
    before = stack.value("SELECT count(*) FROM keyring.key", keyring=True), stack.value("SELECT count(*) FROM vault.record")
    try:
        if restarted:
            stack.start("intake", wait=False)
        stack.send(people(10))
        wait_until(lambda: "vault" in waits_for(stack, "intake"), 20, "intake to wait for the vault")
        words = {"missing": "is missing", "truncated": "64 hex digits", "wrong": "not the one that wrapped", "open": "0600"}
        wait_until(lambda: words[harm] in stack.log("intake")[-20000:], 20, "a clear error")
        assert stack.behind(), "the events wait"
        assert before == (stack.value("SELECT count(*) FROM keyring.key", keyring=True),
                          stack.value("SELECT count(*) FROM vault.record"))
    finally:
        away.rename(path)
    stack.wait_drained(60)
    wait_until(lambda: stack.ready("intake"), 20, "intake to be ready again")
    assert stack.value("SELECT count(*) FROM vault.record") == before[1] + 10


def test_keys_without_a_row_are_swept_whoever_made_them(stack):
    epoch, alone, young = current(stack), uuid.uuid4(), uuid.uuid4()
    record = stack.value("SELECT record_id FROM vault.record LIMIT 1")
    for key, maker, age in ((alone, "consent", "2 hours"), (young, "mailer", "1 minute")):
        stack.rows("INSERT INTO keyring.key (key_id, kek_epoch, wrapped, made_by, made_at) VALUES (%s, %s, '\\x00', %s, "
                   "now() - %s::interval)", (key, epoch, maker, age), keyring=True)
    stack.rows("UPDATE keyring.key SET made_at = now() - interval '1 day' WHERE key_id = %s", (record,), keyring=True)
    stack.restart("intake")
    wait_until(lambda: not stack.rows("SELECT key_id FROM keyring.key WHERE key_id = %s", (alone,), keyring=True), 30, "the sweep")
    assert len(stack.rows("SELECT key_id FROM keyring.key WHERE key_id IN (%s, %s)", (young, record), keyring=True)) == 2
    stack.rows("DELETE FROM keyring.key WHERE key_id = %s", (young,), keyring=True)


def dump(stack, path):
    with open(path, "wb") as out:
        subprocess.run([POSTGRES / "pg_dump", "--clean", "--if-exists", "-n", "keyring", stack.env["LETHE_KEYRING_PG"]],
                       stdout=out, check=True)


def restore(stack, path):
    subprocess.run([POSTGRES / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", path, stack.env["LETHE_KEYRING_PG"]],
                   stdout=subprocess.DEVNULL, check=True)


def test_a_copy_of_the_keyring_from_an_ended_epoch_cannot_be_read_and_says_so(stack, tmp_path):
    """The last one of this module: it leaves the stack as found, but not for the services that were up."""
    stack.wait_drained(60)
    old = current(stack)
    dump(stack, tmp_path / "old.sql")
    wait_destroyed(stack, rotate(stack))
    dump(stack, tmp_path / "new.sql")
    for name in ("intake", "consent", "mailer", "erasure"):
        stack.kill(name)
    restore(stack, tmp_path / "old.sql")
    stack.start("intake", wait=False)
    wait_until(lambda: f"the KEK of epoch {old} was destroyed on 2" in stack.log("intake")[-20000:], 30, "the words")
    assert "this keyring is an older copy, and nobody can read it" in stack.log("intake")[-20000:]
    assert "vault" in waits_for(stack, "intake")
    stack.kill("intake")
    restore(stack, tmp_path / "new.sql")
    for name in ("intake", "consent", "mailer", "erasure"):
        stack.start(name)
    all_readable(stack)


KMS = """#!/bin/sh
# A KMS of one page: it keeps keys where only it looks, and notes whom it was asked about.
set -e
cd "$(dirname "$0")"
echo "$1 $2" >> asked
case $1 in
make) [ ! -e "gone-$2" ] || exit 3; [ -e "key-$2" ] || head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n' > "key-$2";;
load) if [ -e "gone-$2" ]; then cat "gone-$2"; exit 3; fi; cat "key-$2";;
destroy) rm -f "key-$2"; echo "scheduled and gone, key version $2" | tee "gone-$2";;
*) exit 64;;
esac
"""


def test_a_kms_comes_in_by_a_command(tmp_path):
    kms = tmp_path / "kms"
    kms.write_text(KMS)
    kms.chmod(0o700)
    alone = Stack(env={"LETHE_KEK_COMMAND": str(kms)})
    try:
        alone.up()
        assert not list((alone.home / "kek").iterdir()), "no KEK lies in the folder"
        alone.send(people(30))
        alone.wait_drained(60)
        wait_destroyed(alone, rotate(alone))
        assert all_readable(alone) == 30
        assert not (tmp_path / "key-1").exists() and (tmp_path / "key-2").exists()
        assert alone.admin("GET", "/keys").json()["place"] == "command"
        assert alone.value("SELECT ack FROM keyring.kek WHERE epoch = 1", keyring=True) == "scheduled and gone, key version 1"
        kms.chmod(0o600)
        alone.kill("intake")
        alone.start("intake", wait=False)
        wait_until(lambda: "cannot be run" in alone.log("intake"), 30, "the words")
        kms.chmod(0o700)
        wait_until(lambda: alone.ready("intake"), 30, "intake to be ready again")
    finally:
        alone.wipe()
