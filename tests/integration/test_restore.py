"""Backups of our own, and what a restore may not bring back: whatever tool restored, nothing is served until every forget,
withdrawal and expiry since has been carried out again."""
import base64
import copy
import json

import backups
import nacl.signing
import pytest
import state_digest
from forgetting import ask, wait_completed
from lethe_stack import SERVICES, contact, event, wait_until

FORGOTTEN, STAYING = 20, 40


def mail_of(number):
    return f"person.{number}@restore.example"


def people(stack, numbers):
    stack.send([contact(f"RS-{n}", email=mail_of(n), family_name=f"Restore{n}",
                        consents=[{"purpose": "product-a-news", "statement": 3, "language": "de"}] if n % 10 == 0 else None)
                for n in numbers])
    stack.wait_drained(60)


def keys_of(stack, numbers):
    """Blind indexes of these people's addresses, while they are there."""
    found = {}
    for n in numbers:
        answer = stack.admin("POST", "/subjects/search", {"email": mail_of(n)})
        assert answer.status_code == 200, answer.text
        found[n] = answer.json()
    return found


def records_of(stack, numbers):
    """How many of them have a record that can be found."""
    return sum(1 for n in numbers if json.dumps(keys_of(stack, [n])[n]).count('"record"') > 0)


def stop_services(stack):
    for name in SERVICES:
        stack.stop(name)


def start_services(stack):
    for name in SERVICES:
        stack.start(name, wait=False)
    for name in SERVICES:
        wait_until(lambda name=name: stack.ready(name), 90, lambda name=name: f"{name}; {stack.log(name)[-1500:]}")


def vault_records(stack):
    return stack.value("SELECT count(*) FROM vault.record")


def logged(stack, service, what):
    return [json.loads(line) for line in stack.log(service).splitlines() if f'"{what}"' in line]


def incarnation(stack, name):
    return stack.value(f"SELECT value FROM {name}.incarnation")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def holds(report):
    report = copy.deepcopy(report)
    signature = report.pop("signature")
    try:
        nacl.signing.VerifyKey(base64.b64decode(signature["key"])).verify(canonical(report),
                                                                           base64.b64decode(signature["value"]))
    except nacl.exceptions.BadSignatureError:
        return False
    return True


@pytest.mark.durable
def test_what_a_restore_brings_back_is_gone_before_anything_is_served(stack):
    everybody, gone = range(FORGOTTEN + STAYING), range(FORGOTTEN)
    people(stack, everybody)
    before = vault_records(stack)
    taken = backups.take(stack)
    notes = backups.notes(stack)
    assert set(taken) == {"schemas", "keyring"} and set(taken.values()) == set(notes)
    known = {b["id"]: b for b in stack.internal("GET", "backup", "/internal/v1/backups").json()["backups"]}
    assert all(known[number]["ledger"] == notes[number]["ledger"] for number in taken.values())
    listed = backups.run(stack, "list").stdout
    assert all(number in listed for number in taken.values())
    assert backups.run(stack, "verify").stdout.count("good") == 2

    stack.send(event("lethe.consent.objected", {"record": {"system": "dynamics", "id": f"RS-{FORGOTTEN + 10}"},
                                                "at": "2026-11-20T10:00:00Z", "how": "phone"}, key="objection"))
    requests = [ask(stack, {"email": mail_of(n)}) for n in gone]
    wait_completed(stack, requests, 90)
    stack.wait_drained(60)
    objected = stack.value("SELECT count(*) FROM consent.state WHERE state = 4")
    assert vault_records(stack) == before - FORGOTTEN and objected >= 1
    head = stack.value("SELECT number FROM erasure.ledger_end")
    assert "each follows" in backups.run(stack, "ledger").stdout

    stop_services(stack)
    backups.run(stack, "restore", taken["schemas"])
    backups.run(stack, "restore", taken["keyring"])
    assert vault_records(stack) == before, "the dump brings them back"
    start_services(stack)

    assert vault_records(stack) == before - FORGOTTEN
    assert records_of(stack, gone) == 0
    assert records_of(stack, range(FORGOTTEN, FORGOTTEN + STAYING)) == STAYING
    for name in SERVICES:
        assert logged(stack, name, "gate.set-back"), f"{name} has not noticed"
        assert incarnation(stack, name) >= 2
    wait_until(lambda: stack.value("SELECT count(*) FROM consent.state WHERE state = 4") >= objected, 30,
               "the objection to stand again")
    report = backups.report(stack)
    assert holds(report) and report["totals"]["left"] == 0 and report["ledger"] >= head
    redone = {order["request"] for schema in report["schemas"] for order in schema["orders"]
              if order["type"] == "lethe.forget.destroy" and schema["schema"] == "intake"}
    assert redone == set(requests)
    changed = copy.deepcopy(report)
    changed["totals"]["rows"] += 1
    assert not holds(changed)

    people(stack, range(1000, 1010))  # and life goes on
    assert records_of(stack, range(1000, 1010)) == 10
    request = ask(stack, {"email": mail_of(1000)})
    wait_completed(stack, [request], 60)


def of_schema(stack, schema):
    """Its tables' contents, as two runs are compared; what a resync says again is no difference."""
    return {table: rows for table, rows in state_digest.state(stack).items() if table.startswith(schema + ".")}


@pytest.mark.durable
@pytest.mark.parametrize("schema", ["dedupe", "consent", "retention"])
def test_one_schema_alone_restored(stack, schema):
    """To an earlier hour: incarnation, replay, what came since from its neighbours; then as before."""
    first = {"dedupe": 2000, "consent": 2100, "retention": 2200}[schema]
    people(stack, range(first, first + 10))
    taken = backups.take(stack)
    request = ask(stack, {"email": mail_of(first)})
    people(stack, range(first + 10, first + 15))
    wait_completed(stack, [request], 60)
    stack.wait_drained(60)
    before, other = {name: incarnation(stack, name) for name in SERVICES}, of_schema(stack, schema)
    stack.stop(schema)
    backups.run(stack, "restore", taken["schemas"], schema)
    stack.start(schema)
    assert {name for name in SERVICES if incarnation(stack, name) != before[name]} == {schema}
    assert records_of(stack, [first]) == 0, "who was forgotten is absent from the first answer on"

    def differ():
        return state_digest.differences(other, of_schema(stack, schema))
    wait_until(lambda: not stack.behind() and not stack.value(f"SELECT count(*) FROM {schema}.resync") and not differ(), 60,
               lambda: f"{schema} to be as before: {differ()}")
    assert records_of(stack, range(first, first + 15)) == 14


@pytest.mark.durable
def test_what_expired_since_expires_again(stack):
    stack.stop("retention")
    stack.send(contact("RS-EXPIRES", email="expires@restore.example", captured_at="2023-02-28T12:00:00Z"))
    wait_until(lambda: stack.value("SELECT count(*) FROM vault.record WHERE created_at > now() - interval '1 minute'"), 30, "it")
    rows = vault_records(stack)
    taken = backups.take(stack)
    stack.start("retention")
    wait_until(lambda: vault_records(stack) == rows - 1, 60, "its expiry")
    stack.wait_drained(60)
    stop_services(stack)
    backups.run(stack, "restore", taken["schemas"])
    backups.run(stack, "restore", taken["keyring"])
    assert vault_records(stack) == rows
    start_services(stack)
    assert vault_records(stack) == rows - 1
    assert stack.value("SELECT count(*) FROM intake.ledger_replay WHERE type = 'lethe.forget.destroy' AND done_at IS NOT NULL")


@pytest.mark.durable
def test_without_the_ledger_nothing_is_served(stack):
    """Cut short, another one, or gone: closed, and why in words."""
    path = stack.home / "ledger" / "forgets.ledger"
    wait_completed(stack, [ask(stack, {"email": "nobody@restore.example"})], 60)
    wait_until(lambda: stack.value("SELECT m.number = e.number FROM retention.ledger_mark m, erasure.ledger_end e"), 40,
               "retention to have followed the ledger to its end")
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for broken, why in ((b"".join(lines[:2]), "cut short"),
                        (b"".join(lines[:-1]) + b"0" * 8 + lines[-1][8:], "chain is broken"), (None, "can't be opened")):
        stack.stop("retention")
        path.unlink() if broken is None else path.write_bytes(broken)
        stack.start("retention", wait=False)

        def said(why=why):
            answer = stack.http("GET", stack.url("retention", "/health/ready"), timeout=2).json()
            return "ledger" in answer["waiting_for"] and any(why in note for note in answer["notes"])
        wait_until(said, 20, lambda: f"it to say {why}: {stack.http('GET', stack.url('retention', '/health/ready')).text}")
        told = stack.internal("POST", "retention", "/internal/v1/rehearsals", {})
        assert told.status_code == 503
        path.write_bytes(whole)
        wait_until(lambda: stack.ready("retention"), 30, "it to go on")


@pytest.mark.durable
def test_a_lost_ledger_is_made_anew_from_its_copy(stack):
    path = stack.home / "ledger" / "forgets.ledger"
    wait_until(lambda: stack.value("SELECT count(*) FROM erasure.ledger_out") == 0, 20, "all to be appended")
    stack.wait_drained(30)
    whole = path.read_bytes()
    refused = backups.run(stack, "ledger", "rebuild", check=False, LETHE_KAFKA=stack.env["LETHE_KAFKA"])
    assert refused.returncode == 1 and path.read_bytes() == whole
    stack.stop("erasure")
    path.unlink()
    stack.start("erasure", wait=False)
    wait_until(lambda: "the ledger is gone" in stack.http("GET", stack.url("erasure", "/health/ready")).text, 20,
               "erasure to say that it is gone")
    backups.run(stack, "ledger", "rebuild", LETHE_KAFKA=stack.env["LETHE_KAFKA"])
    assert path.read_bytes() == whole
    wait_until(lambda: stack.ready("erasure"), 30, "it to go on")
    wait_completed(stack, [ask(stack, {"email": "nobody.else@restore.example"})], 60)


@pytest.mark.durable
def test_a_database_restored_under_running_services_is_noticed(stack):
    """All of them are up, and somebody restores: each closes by itself, and goes on when it is done."""
    people(stack, range(3000, 3010))
    taken = backups.take(stack)
    request = ask(stack, {"email": mail_of(3000)})
    wait_completed(stack, [request], 60)
    before = {name: incarnation(stack, name) for name in SERVICES}
    beats = stack.value("SELECT beat FROM retention.ledger_mark")
    wait_until(lambda: stack.value("SELECT beat FROM retention.ledger_mark") > beats + 1, 20, "two beats")
    stack.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'lethe_retention'")
    backups.run(stack, "restore", taken["schemas"], "retention")
    wait_until(lambda: incarnation(stack, "retention") > before["retention"] and stack.ready("retention"), 60,
               "retention to have noticed")
    assert stack.value("SELECT count(*) FROM retention.ledger_replay WHERE request = %s::uuid AND done_at IS NOT NULL", (request,))
    assert {name for name in SERVICES if incarnation(stack, name) != before[name]} == {"retention"}


@pytest.mark.durable
def test_a_request_that_a_restore_lost_stands_again(stack):
    """Opened after the backup and not ended: restricted, and waiting for a human who says that it was verified."""
    people(stack, [4000, 4001])
    taken = backups.take(stack)
    stack.kill("dedupe")  # so that it stays open
    request = ask(stack, {"email": mail_of(4000)})
    assert request in (stack.home / "ledger" / "forgets.ledger").read_text(), "answered before the ledger had it"
    stop_services(stack)
    backups.run(stack, "restore", taken["schemas"])
    assert stack.value("SELECT count(*) FROM erasure.request WHERE id = %s::uuid", (request,)) == 0
    start_services(stack)
    assert stack.value("SELECT status FROM erasure.request WHERE id = %s::uuid", (request,)) == "verifying"
    told = stack.admin("POST", f"/requests/{request}/verify", {"method": "phone", "level": "high"})
    assert told.status_code in (200, 202), told.text
    wait_completed(stack, [request], 90)
    assert records_of(stack, [4000]) == 0 and records_of(stack, [4001]) == 1


def test_a_damaged_backup_is_refused(stack):
    taken = backups.take(stack)
    path = stack.home / "backups" / f"{taken['schemas']}.dump"
    whole = path.read_bytes()
    for broken in (whole[:-1], whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:], whole + b"x"):
        path.write_bytes(broken)
        done = backups.run(stack, "verify", taken["schemas"], check=False)
        assert done.returncode == 1 and "BAD" in done.stdout
        assert backups.run(stack, "restore", taken["schemas"], check=False).returncode == 1
    path.write_bytes(whole)
    assert backups.run(stack, "verify", taken["schemas"]).returncode == 0
    other = stack.home / "secrets" / "other.key"
    other.write_text("ab" * 32 + "\n")
    wrong = backups.run(stack, "verify", taken["schemas"], check=False, LETHE_BACKUP_KEY_FILE=str(other))
    assert wrong.returncode == 1 and "another key" in wrong.stdout


def test_a_keyring_of_a_destroyed_epoch_is_told_in_words(stack):
    people(stack, [5000])
    taken = backups.take(stack)
    stop_services(stack)
    keks = list((stack.home / "kek").glob("*.kek"))
    for kek in keks:
        kek.rename(kek.with_suffix(".away"))
    said = backups.run(stack, "restore", taken["keyring"]).stdout
    assert "KEK is destroyed" in said and "unreadable for good" in said, said
    for kek in keks:
        kek.with_suffix(".away").rename(kek)
    assert "KEK is destroyed" not in backups.run(stack, "restore", taken["keyring"]).stdout
    start_services(stack)


def test_what_has_reached_its_end_is_removed_and_told(stack):
    taken = backups.take(stack)
    note = stack.home / "backups" / f"{taken['schemas']}.json"
    about = json.loads(note.read_text())
    note.write_text(json.dumps({**about, "expires_at": "2026-01-01T00:00:00Z"}))
    assert f"{taken['schemas']} gone" in backups.run(stack, "expire").stdout
    assert not note.exists() and not note.with_suffix(".dump").exists()
    assert stack.value("SELECT gone_at IS NOT NULL FROM backup.backup WHERE backup = %s::uuid", (taken["schemas"],))
    assert backups.run(stack, "verify", taken["keyring"]).returncode == 0


def test_nothing_is_taken_that_the_catalogue_does_not_know(stack):
    before = set(backups.notes(stack))
    done = backups.run(stack, "take", check=False, LETHE_BACKUP_URL="http://127.0.0.1:1")
    assert done.returncode == 1 and set(backups.notes(stack)) == before
    files = list((stack.home / "backups").glob("*.dump"))
    assert {path.stem for path in files} <= before
