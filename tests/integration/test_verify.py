"""lethe-verify on a real certificate: it holds, says what it states, and no byte of it can be another."""
import json
import os
import re
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from forgetting import ask, wait_completed
from lethe_stack import SERVICES, activity, contact, wait_until

ROOT = Path(__file__).resolve().parents[2]
VERIFY = Path(os.environ.get("LETHE_BIN") or ROOT / "build" / "release" / "bin") / "lethe-verify"


def verify(*words, given=None):
    return subprocess.run([VERIFY, *map(str, words)], input=given, capture_output=True, check=False)


@pytest.fixture(scope="module")
def certificate(stack):
    """As it is served, of a forget with an archive that is gone one day."""
    answer = stack.admin("POST", "/backups", {"name": "tape 7", "holder": "archive", "kind": "outside", "system": "shop",
                                              "contents": "system", "taken_at": "2026-11-01T00:00:00Z",
                                              "expires_at": "2027-05-05T00:00:00Z"})
    assert answer.status_code == 201, answer.text
    email = f"{uuid.uuid4().hex[:12]}@canary.example"
    stack.send(contact(f"V-{uuid.uuid4().hex[:8]}", email=email))
    wait_until(lambda: stack.admin("POST", "/subjects/search", {"email": email}).json()["counts"]["persons"] == 1, 60,
               "the person")
    wait_until(lambda: stack.value("SELECT count(*) FROM erasure.log_mark") == 8, 60, "a look at the log")
    request = ask(stack, {"email": email})
    wait_completed(stack, [request])
    served = stack.admin("GET", f"/requests/{request}/certificate")
    assert served.status_code == 200 and email.encode() not in served.content
    return served.content


def test_it_links_libsodium_and_jansson_alone():
    needed = set(re.findall(r"NEEDED.*\[(\w+)", subprocess.run(["readelf", "-d", VERIFY], capture_output=True, text=True,
                                                               check=True).stdout))
    assert needed <= {"libsodium", "libjansson", "libc", "libasan", "libubsan"}, needed


def test_it_holds_and_says_what_it_states(certificate, tmp_path):
    path, key = tmp_path / "certificate.json", tmp_path / "key"
    path.write_bytes(certificate)
    done = verify(path)
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    for service in SERVICES:
        assert f"- {service} (service) has erased what it held" in said
    assert "is gone, or will be, on 2027-05-05" in said and "compare it with" in said
    key.write_text(json.loads(certificate)["signature"]["key"] + "\n")
    assert verify(path, "--key", key).returncode == 0
    assert verify("-", f"--key={key}", given=certificate).returncode == 0
    key.write_bytes(bytes(32))
    assert verify(path, "--key", key).returncode == 1
    assert verify("-", given=json.dumps(json.loads(certificate), indent=2).encode()).returncode == 0, "in another layout"
    assert verify(path, "--secret", "s").returncode == 1, "there is no commitment that it could open"


def forgotten(stack, email, **more):
    """A person who comes and is forgotten: (request, certificate as served)."""
    stack.send(contact(f"V-{uuid.uuid4().hex[:8]}", email=email))
    wait_until(lambda: stack.admin("POST", "/subjects/search", {"email": email}).json()["counts"]["persons"] == 1, 60,
               "the person")
    request = ask(stack, {"email": email}, **more)
    wait_completed(stack, [request])
    return request, stack.admin("GET", f"/requests/{request}/certificate").content


def test_it_names_keys_barrier_signer_and_the_day(stack, certificate):
    stated = json.loads(certificate)
    day = stack.value("SELECT destroy_by FROM keyring.kek WHERE state = 'current'", keyring=True)
    assert stated["keys"]["n"] >= 1 == len(stated["keys"]["destroyed"])
    assert stated["keys"]["epoch"] == 1 and stated["keys"]["dark_by"][:10] == f"{day:%Y-%m-%d}"
    assert stated["no_copy_after"] == "2027-05-05", "the tape outlives the keyring's copies"
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = ANY(%s::uuid[])", (stated["keys"]["destroyed"],),
                       keyring=True) == 0
    assert uuid.UUID(stated["barrier"]["id"]) and stated["barrier"]["ordered_at"] <= stated["barrier"]["passed_before"]
    codes = {h["name"]: h["evidence_code"] for h in stated["holders"]}
    assert all(codes[service] == "counted-zero-twice" for service in SERVICES)
    logs = [log for log in stated["log"] if log["topic"] == "contacts.in"]
    assert [log["partition"] for log in logs] == list(range(8)), "the log's partitions, each with where it begins"
    assert all(log["gone_below"] >= 0 for log in logs)
    assert stated["exceptions"] == [] and len(stated["signer"]) == 32
    said = verify("-", given=certificate).stdout.decode()
    assert "After 2027-05-05 no backup can bring the person back." in said and "Nothing is kept." in said


def test_shared_activities_are_counted(stack):
    """Of a person's mails, cases and orders: what is nobody else's goes, a case loses its texts with its customer, a mail that
    stays loses what is known of them, and what may still tell of them in other words is said to be a human's to judge."""
    email, other, source = (f"{uuid.uuid4().hex[:12]}@canary.example" for _ in range(3))
    known = {str(r[0]) for r in stack.rows("SELECT record_id FROM vault.record")}
    stack.send(contact(source, email=email), contact(other, email=other))
    before = stack.value("SELECT count(*) FROM intake.activity")
    for mail in (email, other):
        wait_until(lambda mail=mail: stack.admin("POST", "/subjects/search", {"email": mail}).json()["counts"]["persons"] == 1,
                   60, "the persons")
    both = [{"role": "customer", "email": email}, {"role": "cc", "email": other}]
    numbers = {name: f"{name}-{source}" for name in ("order", "case", "mail", "reply")}
    stack.send(activity(numbers["order"], both[:1], fields={"total": 1}),
               activity(numbers["case"], both, system="helpdesk", category="case",
                        fields={"subject": "A leak", "body": "whoever lives on the second floor"}),
               activity(numbers["mail"], [{"role": "from", "email": email}, {"role": "to", "email": other}],
                        system="helpdesk", category="email", fields={"subject": "Hello", "body": f"{email} wrote"}),
               activity(numbers["reply"], [{"role": "from", "email": other}, {"role": "to", "email": email}],
                        system="helpdesk", category="email", fields={"subject": "Hello", "body": "as we said"}))
    wait_until(lambda: stack.value("SELECT count(*) FROM intake.activity") == before + 4, 60, "the activities")
    request = ask(stack, {"email": email})
    wait_completed(stack, [request])
    served = stack.admin("GET", f"/requests/{request}/certificate").content
    assert json.loads(served)["activities"] == {"contents_destroyed": 1, "contents_erased": 1, "contents_rewritten": 1,
                                                "contents_to_judge": 2, "parts_destroyed": 4}
    said = verify("-", given=served)
    assert said.returncode == 0 and b"1 stay for others, without their texts." in said.stdout
    [neighbour] = {str(r[0]) for r in stack.rows("SELECT record_id FROM vault.record")} - known
    held = stack.internal("POST", "intake", "/internal/v1/records", {"records": [neighbour], "fields": True, "reason": "test"})
    left = {tuple(a["content"]["fields"][name] for name in ("subject", "body")) for a in held.json()["activities"]}
    assert left == {("[erased]", "[erased]"), ("Hello", "[erased] wrote"), ("Hello", "as we said")}

    # the human's word: one tells of nobody, the other's texts go, under another key
    texts = {text["id"]: text for text in stack.admin("GET", "/texts").json()["texts"] if request in text["requests"]}
    bodies = {n: stack.admin("POST", f"/texts/{n}/show", {}).json()["content"]["fields"]["body"] for n in texts}
    assert sorted(bodies.values()) == ["[erased] wrote", "as we said"]
    spare, doomed = sorted(texts, key=bodies.get, reverse=True)
    content = stack.value("SELECT content_id::text FROM intake.activity WHERE activity_id = %s", (doomed,))
    assert stack.admin("POST", f"/texts/{spare}/judge", {"decision": "keep"}).status_code == 200
    assert stack.admin("POST", f"/texts/{doomed}/judge", {"decision": "erase"}).status_code == 200
    assert [stack.admin("POST", f"/texts/{n}/{verb}", {"decision": "keep"}).status_code for n in texts
            for verb in ("show", "judge")] == [404] * 4, "judged once"
    assert not [t for t in stack.admin("GET", "/texts").json()["texts"] if request in t["requests"]]
    held = stack.internal("POST", "intake", "/internal/v1/records", {"records": [neighbour], "fields": True, "reason": "test"})
    assert {a["content"]["fields"]["body"] for a in held.json()["activities"]} == {"[erased]", "as we said"}
    wait_until(lambda: stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (content,), keyring=True) == 0,
               60, "the old key to be destroyed")


def test_what_came_before_the_barrier_leaves_the_log_and_a_certificate_says_so(stack, certificate):
    destroyed = json.loads(certificate)["destroyed_at"]
    wait_until(lambda: stack.value("SELECT count(*) FROM erasure.log_mark WHERE clear_before > %s", (destroyed,)) == 8, 90,
               "truncation to pass the barrier")
    served = forgotten(stack, f"{uuid.uuid4().hex[:12]}@canary.example")[1]
    logs = [log for log in json.loads(served)["log"] if log["topic"] == "contacts.in"]
    assert len(logs) == 8 and all(log["clear_before"] > destroyed for log in logs)
    assert sum(log["gone_below"] for log in logs) > 0
    assert "contacts.in, partition 7: gone below offset" in verify("-", given=served).stdout.decode()


def test_the_persons_letter_alone_tells_whom_it_speaks_of(stack, tmp_path):
    email = f"{uuid.uuid4().hex[:12]}@canary.example"
    _, served = forgotten(stack, email, requester={"reply_to": email})
    _, message = stack.wait_mail(email, match="lethe-verify")
    secret = re.search(r"(?<![\w-])[\w-]{43}(?![\w-])", message.get_body(("plain",)).get_content()).group(0)
    path, who = tmp_path / "certificate.json", tmp_path / "who"
    path.write_bytes(served)
    assert email.encode() not in served and secret.encode() not in served
    done = verify(path, "--secret", secret)
    assert done.returncode == 0 and b"the person whose answer holds the secret" in done.stdout
    assert verify(path, "--secret", secret[::-1]).returncode == 1
    who.write_text(f" {email.upper()}\n")
    assert verify(path, "--secret", secret, "--who", who).returncode == 0
    who.write_text("somebody@else.example\n")
    assert verify(path, "--secret", secret, "--who", who).returncode == 1
    assert verify(path, "--who", who).returncode == 2, "without the secret nobody can be told"
    for cluster in (False, True):
        for schema, table in stack.tables(keyring=cluster):
            # pylint: disable-next=consider-using-f-string
            assert not stack.rows("SELECT 1 FROM {}.{} AS t WHERE t::text LIKE %s".format(schema, table), (f"%{secret}%",),
                                  keyring=cluster), f"{schema}.{table} keeps the secret"


def test_each_certificate_names_the_one_before(stack, tmp_path):
    served = [forgotten(stack, f"{uuid.uuid4().hex[:12]}@canary.example")[1] for _ in range(3)]
    paths = [tmp_path / f"{number}.json" for number in range(3)]
    for path, text in zip(paths, served):
        path.write_bytes(text)
    numbers = [json.loads(text)["chain"]["seq"] for text in served]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert verify(paths[1], "--previous", paths[0]).returncode == 0
    assert verify(paths[2], "--previous", paths[0]).returncode == 1
    published = stack.http("GET", stack.url("erasure", f"/v1/chain?after={numbers[0] - 1}")).json()["chain"]
    assert [link["seq"] for link in published] == numbers
    assert published[1]["hash"] == json.loads(served[2])["chain"]["previous"]
    assert stack.http("GET", stack.url("erasure", "/v1/chain?after=x")).status_code == 400


def test_the_signer_changes_and_old_certificates_hold(stack, certificate, tmp_path):
    """The last but one of this module's: from here on another key signs."""
    old, keys = tmp_path / "old.json", tmp_path / "keys.json"
    old.write_bytes(certificate)
    url = stack.url("erasure", "/v1/keys")
    keys.write_bytes(stack.http("GET", url).content)
    assert verify(old, "--keys", keys).returncode == 0
    secret = stack.home / "secrets" / "signing.key"
    was = secret.read_text()
    try:
        secret.write_text(os.urandom(32).hex() + "\n")
        stack.stop("erasure")
        # a key's use is noted once a minute: it may have signed for so long after the note
        stack.rows("UPDATE erasure.signer SET last_used = %s::timestamptz - interval '59 seconds'",
                   (json.loads(certificate)["completed_at"],))
        stack.start("erasure")
        fresh = tmp_path / "fresh.json"
        fresh.write_bytes(forgotten(stack, f"{uuid.uuid4().hex[:12]}@canary.example")[1])
        assert verify(fresh).returncode == 0 and verify(fresh, "--keys", keys).returncode == 1
        page = stack.http("GET", url).json()
        keys.write_text(json.dumps(page))
        assert verify(old, "--keys", keys).returncode == 0 and verify(fresh, "--keys", keys).returncode == 0
        assert [("until" in key) for key in page["signing_keys"]] == [True, False]
        page["signing_keys"][0]["until"] = "2026-01-01T00:00:00Z"
        keys.write_text(json.dumps(page))
        assert verify(old, "--keys", keys).returncode == 1, "out of use by then"
    finally:
        secret.write_text(was)
        stack.restart("erasure")


def test_a_certificate_ends_and_its_hash_stays(stack):
    request, served = forgotten(stack, f"{uuid.uuid4().hex[:12]}@canary.example")
    number = json.loads(served)["chain"]["seq"]
    stack.rows("UPDATE erasure.certificate SET created_at = now() - interval '11 years' WHERE request = %s", (request,))
    stack.restart("erasure")  # its sweep runs at once
    wait_until(lambda: stack.admin("GET", f"/requests/{request}/certificate").status_code == 409, 30, "the certificate's end")
    assert stack.http("GET", stack.url("erasure", f"/v1/chain?after={number - 1}")).json()["chain"][0]["seq"] == number


def test_what_can_t_be_read(tmp_path, certificate):
    (tmp_path / "empty").write_bytes(b"")
    for words in ((), (tmp_path / "absent",), (tmp_path / "empty",), ("--frob", "x"), (ROOT / "README.md",),
                  (tmp_path / "empty", "--key", tmp_path / "empty")):
        assert verify(*words).returncode == 2, words
    twice = certificate.replace(b'"version":1', b'"version":1,"version":1')
    real = certificate.replace(b'"version":1', b'"version":1.0')
    for broken in (twice, real, certificate + b"{}"):
        assert verify("-", given=broken).returncode == 2
    assert verify("-", given=certificate.replace(b'"version":1', b'"version":1,"z":1')).returncode == 1


def test_no_byte_can_be_another(certificate):
    """Each byte in turn, its lowest bit or its case turned over; the unit test has all their other values."""
    changed = [certificate[:at] + bytes([certificate[at] ^ (0x01, 0x20)[at % 2]]) + certificate[at + 1:]
               for at in range(len(certificate))]
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda one: verify("-", given=one).returncode, changed))
    passed = [at for at, code in enumerate(codes) if code not in (1, 2)]
    assert not passed, f"{len(passed)} of {len(changed)} changes pass, at {passed[:5]}"
