"""The operators' API on a real stack: tokens and rights, the audit chain, searches and what they leave, one request for
one Idempotency-Key, campaigns, and lethectl over it."""
import base64
import json
import os
import subprocess
import uuid
from datetime import datetime, timezone
from pathlib import Path

import confluent_kafka.admin
import pytest
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AlterConfigOpType, ConfigEntry,
                                   ConfigResource, ResourcePatternType, ResourceType)
from lethe_stack import Stack, contact, wait_until

ROOT = Path(__file__).resolve().parents[2]
LETHECTL = Path(os.environ.get("LETHE_BIN") or ROOT / "build" / "release" / "bin") / "lethectl"


NOBODY = "0192f0c1-0000-7000-8000-00000000dead"  # an id that nothing has; the same in each process, as tests are named by it


def address():
    return f"{uuid.uuid4().hex[:12]}@canary.example"


def add_operator(stack, role, **more):
    answer = stack.admin("POST", "/operators", {"name": f"Test {role}", "role": role, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def operators(stack):
    return {role: add_operator(stack, role) for role in ("viewer", "agent", "dpo", "admin")}


@pytest.fixture(scope="module")
def apart():
    """A stack for what others must not meet: broken chains, revoked first tokens, holders that never answer."""
    alone = Stack()
    try:
        yield alone.up()
    finally:
        alone.wipe()


def known_person(stack, email):
    """One person with two records, found by a search."""
    mine = uuid.uuid4().hex[:8]
    stack.send(contact(f"A-{mine}", email=email, family_name="Probe"),
               contact(f"B-{mine}", email=email.upper(), family_name="Probe"))

    def found():
        answer = stack.admin("POST", "/subjects/search", {"email": email})
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.json()["counts"] == {"persons": 1, "records": 2} else None

    return wait_until(found, 60, "two records to be one person")


def problem(answer, status, rule=None, pointer=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status and told["request_id"] == answer.headers["X-Request-Id"]
    assert rule is None or told["rule"] == rule, told
    assert pointer is None or told["pointer"] == pointer, told
    return told


# ---- who may what -------------------------------------------------------------------------------------------------------
def test_no_token_and_wrong_tokens_get_nothing(stack):
    url = stack.url("admin", "/v1/requests")
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"},
                    {"Authorization": f"Bearer {stack.internal_token}"}):
        answer = stack.http("GET", url, headers=headers)
        assert answer.status_code in (401, 429)
        assert answer.headers.get("WWW-Authenticate") == "Bearer" or answer.headers.get("Retry-After")


def test_guessing_is_slowed_down_and_right_tokens_pass_all_the_while(stack):
    url = stack.url("admin", "/v1/roles")
    answers = [stack.http("GET", url, headers={"Authorization": f"Bearer guess-{n}"}, client="127.0.0.66").status_code
               for n in range(60)]
    assert answers[0] == 401 and answers[-1] == 429
    assert stack.admin("GET", "/roles", client="127.0.0.66").status_code == 200
    wrong = stack.http("GET", url, headers={"Authorization": "Bearer guess"}, client="127.0.0.67")
    assert wrong.status_code == 401, "one client's guesses are no other's"


CALLS = [
    ("viewer", "GET", "/requests", None), ("viewer", "GET", "/holders", None), ("viewer", "GET", "/audit", None),
    ("viewer", "GET", "/health", None), ("viewer", "GET", "/policy", None), ("viewer", "GET", "/reviews", None),
    ("viewer", "GET", "/backups", None), ("viewer", "GET", "/campaigns", None),
    ("agent", "POST", "/subjects/search", {"email": "nobody@canary.example"}),
    ("agent", "POST", "/retention/rehearsals", {"at": "2030-01-01T00:00:00Z"}),
    ("viewer", "GET", "/backups/answers", None), ("viewer", "GET", "/sources", None),
    ("viewer", "GET", "/topics", None),
    ("agent", "POST", f"/requests/{NOBODY}/answered", {}), ("dpo", "POST", f"/requests/{NOBODY}/subject", {}),
    ("dpo", "PATCH", f"/backups/{NOBODY}", {}), ("dpo", "POST", f"/backups/{NOBODY}/manifest", {}),
    ("dpo", "POST", f"/backups/{NOBODY}/answers", {}), ("dpo", "POST", "/sources/nobody/release", {}),
    ("agent", "GET", f"/requests/{NOBODY}/report", None), ("agent", "GET", f"/refused/{NOBODY}", None),
    ("dpo", "POST", f"/requests/{NOBODY}/cancel", {}), ("dpo", "POST", f"/requests/{NOBODY}/approve", {}),
    ("dpo", "POST", "/holders", {}), ("dpo", "POST", f"/holders/{NOBODY}/results", {}),
    ("viewer", "GET", "/texts", None), ("agent", "POST", f"/texts/{NOBODY}/show", {}),
    ("dpo", "POST", f"/texts/{NOBODY}/judge", {"decision": "keep"}),
    ("dpo", "POST", "/reviews", {}), ("dpo", "POST", "/campaigns", {}), ("dpo", "GET", f"/subjects/{NOBODY}/looks",
                                                                         None),
    ("admin", "GET", "/operators", None), ("admin", "POST", "/operators", {}),
    ("admin", "POST", f"/operators/{NOBODY}/revoke", {}), ("admin", "POST", "/resync/dedupe", {}),
]


@pytest.mark.parametrize("least,method,path,body", CALLS)
def test_each_call_needs_its_role(stack, operators, least, method, path, body):
    roles = ["viewer", "agent", "dpo", "admin"]
    for role in roles:
        answer = stack.admin(method, path, body, token=operators[role]["token"])
        if roles.index(role) < roles.index(least):
            problem(answer, 403, "role")
        else:
            assert answer.status_code not in (401, 403, 500, 503), (role, answer.text)


def test_what_is_forbidden_is_audited(stack, operators):
    viewer = operators["viewer"]
    problem(stack.admin("POST", "/operators", {"role": "admin"}, token=viewer["token"]), 403)
    rows = stack.admin("GET", f"/audit?operator={viewer['id']}&limit=1000").json()["audit"]
    assert (rows[-1]["action"], rows[-1]["outcome"]) == ("operator.add", "forbidden")


def test_tokens_end(stack):
    operator = add_operator(stack, "viewer")
    assert stack.admin("GET", "/roles", token=operator["token"]).status_code == 200
    assert stack.admin("POST", f"/operators/{operator['id']}/revoke").status_code == 200
    assert stack.admin("GET", "/roles", token=operator["token"]).status_code in (401, 429)
    problem(stack.admin("POST", "/operators", {"role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}), 422, "past",
            "/expires_at")
    assert stack.value("SELECT count(*) FROM admin.operator WHERE token_hash = %s", (operator["token"].encode(),)) == 0


def test_names_of_operators_are_erasable(stack):
    operator = add_operator(stack, "viewer")
    answer = stack.admin("PATCH", f"/operators/{operator['id']}", {"name": ""})
    assert answer.status_code == 200 and answer.json()["name"] == ""


# ---- bad input ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path,body,status,rule,pointer", [
    ("/requests", {}, 422, "required", "/kind"),
    ("/requests", {"kind": "burn", "subject": {"email": "a@b.example"}}, 422, "enum", "/kind"),
    ("/requests", {"kind": "forget", "subject": {}}, 422, None, "/subject"),
    ("/requests", {"kind": "forget", "subject": {"email": "no address"}}, 422, None, "/subject/email"),
    ("/requests", {"kind": "forget", "subject": {"email": "a@b.example"}, "operator": NOBODY}, 422, None, None),
    ("/subjects/search", {"email": "a@b.example", "phone": "+491701234567"}, 422, "one of", None),
    ("/subjects/search", {"email": "a@b.example", "age": 3}, 422, None, "/age"),
    ("/subjects/search", {"email": "a@b.example", "reason": "Ann called"}, 422, "format", "/reason"),
    (f"/backups/{NOBODY}/manifest", {"identifiers": [{"email": "a@b.example"}, {"email": "none"}]}, 422, "email",
     "/identifiers/1/email"),
    ("/retention/rehearsals", {"when": "2030-01-01T00:00:00Z"}, 422, None, "/when"),
    ("/operators", {"role": "king"}, 422, "enum", "/role"),
    ("/campaigns", {"purpose": "nothing", "content": {"subject": "s", "text": "t"},
                    "subjects": [{"record": NOBODY}]}, 422, "not in policy", "/purpose"),
    ("/resync/nobody", {}, 404, "service", None),
])
def test_errors_name_field_and_rule(stack, path, body, status, rule, pointer):
    problem(stack.admin("POST", path, body), status, rule, pointer)


def test_broken_bodies(stack):
    headers = {"Authorization": f"Bearer {stack.env['LETHE_ADMIN_TOKEN']}"}
    url = stack.url("admin", "/v1/requests")
    for body in (b"", b"{", b"[]", b'{"a":1,"a":2}', b"\xff\xfe", b'{"kind":"forget\\u0000"}', b"[" * 100):
        answer = stack.http("POST", url, data=body, headers=headers)
        assert answer.status_code in (400, 422), (body, answer.text)
    problem(stack.http("POST", url, data=b"x" * (10 << 20), headers=headers), 413)
    problem(stack.http("PUT", url, headers=headers), 405)
    assert "GET" in stack.http("DELETE", url, headers=headers).headers["Allow"]


def test_no_identifier_passes_in_a_query(stack):
    problem(stack.admin("GET", "/requests?email=ann%40example.com"), 400, "query")


# ---- searches --------------------------------------------------------------------------------------------------------------
def test_a_search_tells_ids_first_and_fields_when_asked(stack, operators):
    email = address()
    found = known_person(stack, email)
    assert all("fields" not in record or not record["fields"] for record in found["records"])
    assert email not in json.dumps(found)
    person = found["persons"][0]["person"]
    for body in ({"email": email, "fields": True}, {"person": person, "fields": True}):
        answer = stack.admin("POST", "/subjects/search", body, token=operators["agent"]["token"]).json()
        assert {record["fields"]["email"].lower() for record in answer["records"]} == {email}
    looks = stack.admin("GET", f"/subjects/{person}/looks").json()["looks"]
    assert looks[0]["operator"] == operators["agent"]["id"] and looks[0]["by"] == "person+fields"


def test_a_look_is_audited_before_it_is_answered(stack, operators):
    """With intake away nothing is answered, and the audit row stands."""
    email = address()
    known_person(stack, email)
    dpo = operators["dpo"]
    stack.stop("intake")
    try:
        problem(stack.admin("POST", "/subjects/search", {"email": email, "fields": True}, token=dpo["token"]), 503, "intake")
    finally:
        stack.start("intake")
    rows = stack.admin("GET", f"/audit?operator={dpo['id']}&limit=1000").json()["audit"]
    assert [(r["action"], r["detail"], r["outcome"]) for r in rows[-2:]] == [
        ("subject.search", "email+fields", "asked"), ("subject.look", "email+fields", "allowed")]


def test_a_refused_event_is_shown_to_who_may_see_it_and_audited_first(stack, operators):
    mark = uuid.uuid4().hex
    stack.send(contact(f"Q-{mark[:8]}", category="no-such-category", email=f"{mark}@canary.example"))
    refused = wait_until(lambda: [json.loads(v) for _, _, v in stack.messages("contacts.refused")
                                  if json.loads(v).get("quarantine")], 60, "the refusal")[-1]["quarantine"]
    agent = operators["agent"]
    assert lethectl(stack, "refused", "show", refused, LETHE_ADMIN_TOKEN=operators["viewer"]["token"]).returncode == 1
    shown = lethectl(stack, "refused", "show", refused, LETHE_ADMIN_TOKEN=agent["token"])
    assert shown.returncode == 0 and mark in shown.stdout, shown.stderr
    rows = stack.admin("GET", f"/audit?operator={agent['id']}&object={refused}").json()["audit"]
    assert (rows[-1]["action"], rows[-1]["outcome"]) == ("refused.show", "allowed")
    with_ids = stack.rows("SELECT 1 FROM vault.audit WHERE actor = %s AND %s::uuid = ANY (ids)", (agent["id"], refused))
    assert with_ids, "intake's vault has its own row"

    # with intake away nothing is shown, and the row stands all the same
    stack.stop("intake")
    try:
        assert lethectl(stack, "refused", "show", refused, LETHE_ADMIN_TOKEN=agent["token"]).returncode == 3
    finally:
        stack.start("intake")
    assert len(stack.admin("GET", f"/audit?operator={agent['id']}&object={refused}").json()["audit"]) == len(rows) + 1


def test_a_report_is_audited_before_it_is_asked_for(stack, operators):
    request = stack.admin("POST", "/requests", {"kind": "access", "subject": {"email": address()}}).json()["id"]
    agent = operators["agent"]
    stack.stop("erasure")
    try:
        problem(stack.admin("GET", f"/requests/{request}/report", token=agent["token"]), 503, "erasure")
    finally:
        stack.start("erasure")
    rows = stack.admin("GET", f"/audit?operator={agent['id']}&object={request}").json()["audit"]
    assert [(r["action"], r["outcome"]) for r in rows] == [("request.report", "allowed")]


def test_looks_go_with_the_person_and_the_chain_stays(stack):
    email = address()
    found = known_person(stack, email)
    ids = [found["persons"][0]["person"], *found["persons"][0]["records"]]
    assert stack.value("SELECT count(*) FROM admin.look WHERE subject = ANY (%s::uuid[])", (ids,)) >= 3
    answer = stack.admin("POST", "/requests", {"kind": "forget", "subject": {"email": email}})
    assert answer.status_code == 202, answer.text
    request = answer.json()["id"]
    wait_until(lambda: stack.admin("GET", f"/requests/{request}").json()["status"] == "completed", 60, "the forget")
    assert stack.value("SELECT count(*) FROM admin.look WHERE subject = ANY (%s::uuid[])", (ids,)) == 0
    assert stack.admin("POST", "/subjects/search", {"email": email}).json()["counts"] == {"persons": 0, "records": 0}
    assert stack.admin("GET", "/audit/check").json()["intact"]
    assert email not in stack.log("admin")
    wait_until(lambda: stack.rows("SELECT status FROM admin.request WHERE id = %s", (request,)) == [("completed",)], 30,
               "admin to hear of it")


# ---- the chain -------------------------------------------------------------------------------------------------------------
def test_the_service_cannot_rewrite_its_chain(stack):
    rights = {row[0] for row in stack.rows(
        "SELECT privilege_type FROM information_schema.role_table_grants WHERE grantee = 'lethe_admin' "
        "AND table_schema = 'admin' AND table_name = 'audit'")}
    assert rights == {"SELECT", "INSERT"}


def test_the_chain_holds_under_many_at_once(stack):
    from concurrent.futures import ThreadPoolExecutor  # pylint: disable=import-outside-toplevel
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: stack.admin("GET", "/roles").status_code, range(80)))
    assert set(answers) == {200}
    after, more = 0, True
    while more:
        checked = stack.admin("GET", f"/audit/check?after={after}").json()
        assert checked["intact"], checked
        after, more = checked["next"], checked["more"]


# ---- once -------------------------------------------------------------------------------------------------------------------
def test_an_idempotency_key_makes_one_request(stack):
    email, key = address(), {"Idempotency-Key": f"key-{uuid.uuid4()}"}
    body = {"kind": "access", "subject": {"email": email}}
    answers = [stack.admin("POST", "/requests", body, headers=key) for _ in range(3)]
    assert {a.status_code for a in answers} == {202}
    assert len({a.text for a in answers}) == 1
    problem(stack.admin("POST", "/requests", {**body, "kind": "forget"}, headers=key), 422, "idempotency-key")
    others = stack.admin("POST", "/requests", body)
    assert others.json()["id"] != answers[0].json()["id"]


def test_a_lost_answer_is_found_again(stack):
    """erasure is away: 503; the same key again, once it is back, makes the request, and once more gives the same."""
    key = {"Idempotency-Key": f"key-{uuid.uuid4()}"}
    body = {"kind": "access", "subject": {"email": address()}}
    stack.stop("erasure")
    try:
        answer = stack.admin("POST", "/requests", body, headers=key)
        problem(answer, 503, "erasure")
        assert answer.headers["Retry-After"]
    finally:
        stack.start("erasure")
    first = stack.admin("POST", "/requests", body, headers=key)
    assert first.status_code == 202, first.text
    assert stack.admin("POST", "/requests", body, headers=key).text == first.text


# ---- the rest ----------------------------------------------------------------------------------------------------------------
def test_health_names_who_is_away(stack):
    wait_until(lambda: stack.admin("GET", "/health").json()["status"] == "ready", 60, "all to be ready")
    stack.stop("backup")
    try:
        told = stack.admin("GET", "/health").json()
        assert told["status"] == "waiting"
        assert {s["service"]: s["status"] for s in told["services"]}["backup"] == "away"
    finally:
        stack.start("backup")


def test_a_campaign_without_grounds_mails_nobody(stack):
    email = address()
    person = known_person(stack, email)["persons"][0]["person"]
    answer = stack.admin("POST", "/campaigns", {"purpose": "product-b-news", "subjects": [{"person": person}],
                                                "content": {"subject": "News", "text": "There is news."}})
    assert answer.status_code == 202 and answer.json()["records"] == 2, answer.text
    shown = wait_until(lambda: (lambda a: a if a.status_code == 200 else None)(
        stack.admin("GET", f"/campaigns/{answer.json()['id']}")), 30, "the mailer to have it")
    assert shown.json()
    assert answer.json()["id"] in [c["id"] for c in stack.admin("GET", "/campaigns").json()["campaigns"]]
    assert not stack.mails(email)


def test_a_rehearsal_says_what_would_expire_and_of_how_many(stack, operators):
    """By the numbers: three leads whose two years are over on a day to come, and one whose aren't."""
    mine = uuid.uuid4().hex[:8]

    def count(at=None):
        answer = stack.admin("POST", "/retention/rehearsals", {"at": at} if at else {}, token=operators["agent"]["token"])
        assert answer.status_code == 200, answer.text
        told = answer.json()
        row = [r["n"] for r in told["expire"] if (r["kind"], r["category"], r["rule"]) == ("record", "lead", "lead-24m")]
        held = [r["n"] for r in told["held"] if (r["kind"], r["category"]) == ("record", "lead")]
        return sum(row), sum(held), told["to_compute"]

    wait_until(lambda: count()[2] == 0, 60, "all clocks to be computed")
    then, before = "2027-04-01T00:00:00Z", count("2027-04-01T00:00:00Z")
    stack.send([contact(f"R{n}-{mine}", email=address(), captured_at="2025-03-31T12:00:00Z") for n in range(3)],
               contact(f"R3-{mine}", email=address(), captured_at="2025-04-02T12:00:00Z"))
    wait_until(lambda: count(then)[1:] == (before[1] + 4, 0), 60, lambda: f"four clocks: {count(then)} after {before}")
    assert count(then)[0] == before[0] + 3
    assert count()[0] == 0, "without a time it is about now"


def test_what_travels_as_a_request_without_a_term_is_not_late(stack):
    numbers = stack.admin("GET", "/health").json()["requests"]
    ids = [str(uuid.uuid4()) for _ in range(3)]
    for identity, kind in zip(ids, ("expiry", "consent", "forget")):
        stack.rows("INSERT INTO admin.request (id, rev, kind, status, received_at, due_at) "
                   "VALUES (%s, 1, %s, 'running', now() - interval '2 months', now() - interval '1 month')", (identity, kind))
    try:
        told = stack.admin("GET", "/health").json()["requests"]
        assert told == {"open": numbers["open"] + 1, "due_in_7_days": numbers["due_in_7_days"] + 1,
                        "late": numbers["late"] + 1}
    finally:
        stack.rows("DELETE FROM admin.request WHERE id = ANY (%s::uuid[])", (ids,))


def test_a_search_s_reason_reaches_both_audit_rows(stack, operators):
    email = address()
    known_person(stack, email)
    agent = operators["agent"]
    body = {"email": email, "fields": True, "reason": "support"}
    assert stack.admin("POST", "/subjects/search", body, token=agent["token"]).status_code == 200
    rows = stack.admin("GET", f"/audit?operator={agent['id']}&limit=1000").json()["audit"]
    assert [r["detail"] for r in rows[-2:]] == ["email+fields/support"] * 2
    assert stack.value("SELECT count(*) FROM vault.audit WHERE reason = 'support' AND actor = %s", (agent["id"],)) >= 1


# ---- lethectl ------------------------------------------------------------------------------------------------------------------
def lethectl(stack, *words, given="", **env):
    return subprocess.run([LETHECTL, *words], input=given, capture_output=True, text=True, check=False,
                          env={**os.environ, "LETHE_ADMIN_URL": stack.env["LETHE_ADMIN_URL"],
                               "LETHE_ADMIN_TOKEN": stack.env["LETHE_ADMIN_TOKEN"], **env})


def test_lethectl_takes_a_request_through(stack, tmp_path):
    email = address()
    made = lethectl(stack, "requests", "create", "forget", "--json", "--relation", "self", given=email + "\n")
    assert made.returncode == 0, made.stderr
    request = json.loads(made.stdout)["id"]
    waited = lethectl(stack, "requests", "wait", request, "--timeout", "60")
    assert waited.returncode == 0 and "completed" in waited.stdout, waited.stderr
    certificate = lethectl(stack, "requests", "certificate", request)
    assert certificate.returncode == 0 and json.loads(certificate.stdout)
    assert lethectl(stack, "requests", "cancel", request).returncode == 1
    token = tmp_path / "token"
    token.write_text(stack.env["LETHE_ADMIN_TOKEN"] + "\n")
    listed = lethectl(stack, "--token-file", str(token), "requests", "list", "--limit", "5", LETHE_ADMIN_TOKEN="")
    assert listed.returncode == 0 and listed.stdout.splitlines()[0].split()[:3] == ["ID", "KIND", "STATUS"]


def test_lethectl_s_exit_codes(stack):
    assert lethectl(stack, "--help").returncode == 0
    assert lethectl(stack).returncode == 2
    assert lethectl(stack, "requests", "list", "--frob").returncode == 2
    assert lethectl(stack, "health", LETHE_ADMIN_URL="").returncode == 2
    assert lethectl(stack, "requests", "show", str(uuid.uuid4())).returncode == 4
    assert lethectl(stack, "requests", "show", "../operators").returncode == 2
    assert lethectl(stack, "health", LETHE_ADMIN_TOKEN="wrong").returncode in (1, 3)
    assert lethectl(stack, "health", LETHE_ADMIN_URL="http://127.0.0.1:1").returncode == 3
    assert lethectl(stack, "subjects", "search", given="no address").returncode == 1
    assert lethectl(stack, "audit", "check").returncode == 0
    assert lethectl(stack, "policy", "check", str(ROOT / "deploy" / "policy" / "example.yaml")).returncode == 0
    assert lethectl(stack, "policy", "check", str(ROOT / "README.md")).returncode == 1


def backup_of(stack, **about):
    body = {"name": uuid.uuid4().hex, "holder": "archive", "kind": "outside", "contents": "manifest",
            "taken_at": "2026-11-01T00:00:00Z", **about}
    answer = stack.admin("POST", "/backups", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def shown_backup(stack, backup):
    return next(b for b in stack.admin("GET", "/backups").json()["backups"] if b["id"] == backup)


def test_lethectl_tells_who_is_in_a_backup(stack, tmp_path):
    """Plain identifiers up to admin, keyed hashes behind it; the copy counts as everything until it is told that this was
    all, and each forget gets the answer."""
    email, other = address(), address()
    backup = backup_of(stack, expires_at="2027-05-05T00:00:00Z")
    lines = tmp_path / "lines"
    lines.write_text("\n".join([email, "", "dynamics/L-4711", json.dumps({"source": {"system": "shop", "id": "a@b"}}),
                                *(f"{n}-{other}" for n in range(1200))]) + "\n")
    told = lethectl(stack, "backups", "manifest", backup, "--file", str(lines))
    assert told.returncode == 0 and told.stdout.startswith("1203 identifiers;"), told.stderr
    assert not shown_backup(stack, backup)["complete"]
    assert lethectl(stack, "backups", "manifest", backup, "--complete", given="").returncode == 0
    shown = shown_backup(stack, backup)
    assert shown["complete"] and not shown["by_phone"] and shown["manifest"] >= 1203
    bad = lethectl(stack, "backups", "manifest", backup, given="fine@canary.example\nno identifier\n")
    assert bad.returncode == 1 and "line 2" in bad.stderr and "no identifier" not in bad.stderr

    def answer_for(who):
        request = stack.admin("POST", "/requests", {"kind": "forget", "subject": {"email": who}}).json()["id"]
        assert lethectl(stack, "requests", "wait", request, "--timeout", "60").returncode == 0
        return [b["outcome"] for b in stack.admin("GET", f"/requests/{request}").json()["backups"]
                if b["backup"] == backup]

    assert answer_for(email) == ["gone"]
    assert answer_for(address()) == []
    assert not stack.files_holding(other), "identifiers end at admin"
    assert lethectl(stack, "backups", "change", backup, "--gone").returncode == 0
    assert shown_backup(stack, backup)["gone_at"]


def test_lethectl_answers_for_a_copy_without_an_end(stack, operators):
    backup = backup_of(stack, contents="system", system="old-crm")
    try:
        request = stack.admin("POST", "/requests", {"kind": "forget", "subject": {"email": address()}}).json()["id"]
        wait_until(lambda: backup in lethectl(stack, "backups", "asked", "--request", request).stdout, 60, "the question")
        assert stack.admin("GET", f"/requests/{request}").json()["status"] == "running"
        words = ("backups", "answer", backup, "--request", request, "--outcome", "not-held", "--evidence", "p-7/2026")
        first, second = (dict(LETHE_ADMIN_TOKEN=operators[role]["token"]) for role in ("dpo", "admin"))
        assert lethectl(stack, *words, **first).returncode == 0
        assert lethectl(stack, *words, **first).returncode == 1, "one person is not enough"
        told = lethectl(stack, *words, "--json", **second)
        assert told.returncode == 0 and json.loads(told.stdout)["confirmed"], told.stderr
        assert lethectl(stack, "requests", "wait", request, "--timeout", "90").returncode == 0
        [answer] = [b for b in stack.admin("GET", f"/requests/{request}").json()["backups"] if b["backup"] == backup]
        assert answer["outcome"] == "not-held"
        certificate = stack.admin("GET", f"/requests/{request}/certificate").json()
        [stated] = [b for b in certificate["backups"] if b["backup"] == backup]
        assert (stated["outcome"], stated["evidence"]) == ("not-held", "p-7/2026")
        assert (stated["recorded_by"], stated["confirmed_by"]) == (operators["dpo"]["id"], operators["admin"]["id"])
    finally:
        assert stack.admin("PATCH", f"/backups/{backup}", {"gone": True}).status_code == 200


def test_lethectl_says_for_how_many_a_policy_changes_things(stack, tmp_path):
    stack.send(contact(f"D-{uuid.uuid4().hex[:8]}", email=address()))
    old = ROOT / "deploy" / "policy" / "example.yaml"
    new = tmp_path / "new.yaml"
    new.write_text(old.read_text(encoding="utf-8").replace("id: lead-24m, keep: P24M", "id: lead-24m, keep: P12M"),
                   encoding="utf-8")

    def held():
        told = stack.admin("POST", "/retention/rehearsals", {}).json()
        n = sum(r["n"] for r in told["held"] if (r["kind"], r["category"]) == ("record", "lead"))
        return n if n > 0 and told["to_compute"] == 0 else 0

    def agree():
        """What others' tests have sent may still come in between."""
        n = held()
        told = lethectl(stack, "policy", "diff", str(old), str(new))
        assert told.returncode == 0 and "rule lead-24m: keep P24M -> P12M" in told.stdout
        return n > 0 and (f"# category lead: {n} records, 0 activities are of it" in told.stdout and
                          f"# category lead: {n} records, 0 activities, 0 persons' parts end by rule lead-24m now"
                          in told.stdout)

    wait_until(agree, 60, "the numbers to agree")
    alone = lethectl(stack, "policy", "diff", str(old), str(new), LETHE_ADMIN_URL="")
    assert alone.returncode == 0 and "no running system was asked" in alone.stdout
    away = lethectl(stack, "policy", "diff", str(old), str(new), LETHE_ADMIN_URL="http://127.0.0.1:1")
    assert away.returncode == 0 and "no running system was asked" in away.stdout


def test_lethectl_completes_with_a_decision_and_details(stack, tmp_path):
    details = tmp_path / "details.json"
    details.write_text(json.dumps({"fields": {"city": "Bonn"}}))
    made = lethectl(stack, "requests", "create", "rectify", "--json", "--details-file", str(details), given=address())
    assert made.returncode == 0, made.stderr
    request = json.loads(made.stdout)["id"]
    done = lethectl(stack, "requests", "complete", request, "--decision", "partly", "--article", "16", "--reason", "done")
    assert done.returncode == 0, done.stderr
    shown = stack.admin("GET", f"/requests/{request}").json()
    assert (shown["status"], shown["decision"], shown["article"]) == ("completed", "partly", "16")
    details.write_text("[]")
    assert lethectl(stack, "requests", "create", "rectify", "--details-file", str(details), given=address()).returncode == 2


def test_lethectl_tells_who_was_answered_by_letter_and_which_sources_wait(stack):
    request = stack.admin("POST", "/requests", {"kind": "access", "subject": {"email": address()}}).json()["id"]
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    assert lethectl(stack, "requests", "answered", request, "--at", now).returncode == 1, "how?"
    told = lethectl(stack, "requests", "answered", request, "--at", now, "--how", "letter")
    assert told.returncode == 0, told.stderr
    assert stack.admin("GET", f"/requests/{request}").json()["answered_at"]
    assert lethectl(stack, "requests", "subject", request).returncode == 2, "nobody is named"
    assert lethectl(stack, "requests", "subject", request, "--person", str(uuid.uuid4())).returncode == 1, "nobody asks"
    assert lethectl(stack, "sources", "list").returncode == 0
    assert lethectl(stack, "sources", "release", "shop").returncode == 4, "it isn't held back"


# ---- on a stack apart, in this order ---------------------------------------------------------------------------------------------
def test_a_manual_holder_is_answered_for_by_two(apart):
    stack = apart
    first, second = add_operator(stack, "dpo"), add_operator(stack, "dpo")
    holder = stack.admin("POST", "/holders", {"name": "archive", "kind": "manual", "identifiers": ["email"]}).json()
    request = stack.admin("POST", "/requests", {"kind": "forget", "subject": {"email": address()}}).json()["id"]

    def task():
        shown = stack.admin("GET", f"/requests/{request}").json()
        return next((h for h in shown["holders"] if h["name"] == "archive"), {})

    wait_until(lambda: task().get("status") in ("human", "running"), 60, "the task of the archive")
    body = {"request": request, "outcome": "done", "evidence": "protocol 7"}
    path = f"/holders/{holder['id']}/results"
    assert stack.admin("POST", path, body, token=first["token"]).status_code == 202
    assert stack.admin("POST", path, body, token=first["token"]).status_code in (403, 409, 422)
    answer = stack.admin("POST", path, body, token=second["token"])
    assert answer.status_code == 200 and answer.json()["confirmed"], answer.text
    wait_until(lambda: stack.admin("GET", f"/requests/{request}").json()["status"] == "completed", 60, "the forget")


def findings_of(stack, topic):
    answer = stack.admin("GET", "/topics")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["kept"] == (not told["findings"])
    return {(f["rule"], f.get("value")) for f in told["findings"] if f["topic"] == topic}


def test_a_topic_that_keeps_bytes_longer_or_shows_them_to_more_is_told_with_a_remedy(apart):
    key = base64.b64encode(bytes([9] + 31 * [0])).decode()  # the curve's base point: nobody opens anything here
    made = apart.admin("POST", "/holders", {"name": "reader", "kind": "kafka", "identifiers": ["email"], "sealing_key": key,
                                            "signing_key": key})
    assert made.status_code == 201, made.text
    checked = lethectl(apart, "topics", "check")
    assert (checked.returncode, checked.stdout) == (0, "2 topics with personal data: 0 findings.\n"), checked.stderr
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": apart.env["LETHE_KAFKA"]})

    def set_kept(topic, value):
        entry = ConfigEntry("retention.ms", value, incremental_operation=AlterConfigOpType.SET)
        for done in admin.incremental_alter_configs(
                [ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])]).values():
            done.result(30)

    def acl(principal, name, pattern, operation=AclOperation.READ):
        return AclBinding(ResourceType.TOPIC, name, pattern, principal, "*", operation, AclPermissionType.ALLOW)

    acls = [acl("User:reader", "holder.reader", ResourcePatternType.LITERAL),
            acl("User:spy", "holder.", ResourcePatternType.PREFIXED, AclOperation.ALL),
            acl("User:writer", "contacts.in", ResourcePatternType.LITERAL, AclOperation.WRITE)]
    for done in admin.create_acls(acls).values():
        done.result(30)
    try:
        set_kept("contacts.in", "-1")
        wait_until(lambda: findings_of(apart, "contacts.in") == {("retention", "-1")}, 30, "what is kept for ever to be told")
        wait_until(lambda: findings_of(apart, "holder.reader") == {("reader", "User:spy")}, 30, "the reader to be told")
        checked = lethectl(apart, "topics", "check")
        assert checked.returncode == 1 and "retention.ms=-1" in checked.stdout and "User:spy" in checked.stdout
        assert checked.stdout.count("Do: ") == 2
        assert len(json.loads(lethectl(apart, "--json", "topics", "check").stdout)["findings"]) == 2
    finally:
        set_kept("contacts.in", "604800000")
        for done in admin.delete_acls([AclBindingFilter(ResourceType.TOPIC, None, ResourcePatternType.ANY, None, None,
                                                        AclOperation.ANY, AclPermissionType.ANY)]).values():
            done.result(30)
    wait_until(lambda: lethectl(apart, "topics", "check").returncode == 0, 30, "nothing to be found")


def test_a_changed_row_breaks_the_chain(apart):
    stack = apart
    for _ in range(5):
        assert stack.admin("GET", "/roles").status_code == 200
    assert stack.admin("GET", "/audit/check").json()["intact"]
    stack.rows("UPDATE admin.audit SET operator = NULL WHERE seq = 3")
    checked = stack.admin("GET", "/audit/check").json()
    assert not checked["intact"] and checked["broken"] == 3


def test_the_last_admin_stays(apart):
    stack = apart
    everyone = stack.admin("GET", "/operators").json()["operators"]
    me = [operator for operator in everyone if operator["role"] == "admin"]
    assert len(me) == 1
    problem(stack.admin("POST", f"/operators/{me[0]['id']}/revoke"), 409, "last admin")
    problem(stack.admin("PATCH", f"/operators/{me[0]['id']}", {"role": "viewer"}), 409, "last admin")
    second = add_operator(stack, "admin")
    assert stack.admin("POST", f"/operators/{me[0]['id']}/revoke", token=second["token"]).status_code == 200
    assert stack.admin("GET", "/roles").status_code in (401, 429), "the first token doesn't come back"
