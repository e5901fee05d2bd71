"""intake on a real stack: what it keeps, in which order changes count, what it refuses, and what it forgets."""
import base64
import json
import uuid

import psycopg
import pytest
from internal_events import pause
from lethe_stack import activity, contact, event, wait_until

OPERATOR = str(uuid.uuid4())
PROVENANCE = {"channel": "web-form", "location": "https://acme.example/a", "captured_at": "2026-10-01T09:00:00Z",
              "act": "subject"}


@pytest.fixture(scope="module", autouse=True)
def erasure_paused(stack):
    """Tests play its part."""
    resume = pause(stack, "erasure")
    yield
    resume()


def name(what):
    return f"{what}-{uuid.uuid4().hex[:10]}"


def address():
    return f"{uuid.uuid4().hex[:12]}@intake.example.org"


def wait_read(stack):
    """Until intake has read contacts.in and forget to their ends and published what came of it."""
    def quiet():
        return not [b for b in stack.behind() if b[0] == "intake" or b[:2] == ("outbox", "intake")]
    wait_until(lambda: quiet() and quiet(), 60, lambda: f"intake to read on: {stack.behind()[:4]}")


def told(stack, topic, kind, **want):
    return [json.loads(value) for headers, _, value in stack.messages(topic) if headers["type"] == f"lethe.{kind}"
            and all(json.loads(value).get(k) == v for k, v in want.items())]


def look(stack, *records):
    answer = stack.internal("POST", "intake", "/internal/v1/records",
                            {"records": list(records), "fields": True, "reason": "operator-look", "actor": OPERATOR})
    assert answer.status_code == 200, answer.text
    return answer.json()


def records(stack):
    return [str(r[0]) for r in stack.rows("SELECT record_id FROM vault.record ORDER BY record_id")]


def sent(stack, *events):
    """Sends, waits, and gives the ids of the records that are new."""
    before = set(records(stack))
    stack.send(*events)
    wait_read(stack)
    return [r for r in records(stack) if r not in before]


def refused_events(stack, rule):
    return told(stack, "contacts.refused", "contact.refused", rule=rule)


def newest_activity(stack):
    found = str(stack.value("SELECT activity_id FROM intake.activity ORDER BY created_at DESC, activity_id DESC LIMIT 1"))
    return told(stack, "activity", "activity.accepted", activity=found)[-1]


def keys_of(stack, record):
    return told(stack, "record", "record.accepted", record=record)[-1]["keys"]


def test_the_policy_decides_what_is_kept_and_everything_kept_is_sealed(stack):
    canary = name("Zanzibar")
    record, = sent(stack, contact(name("L"), given_name=canary, family_name="Lovelace", email=address(),
                                  marital_status="married", country="DE"))
    held = look(stack, record)["records"][0]
    assert held["fields"] == {"given_name": canary, "family_name": "Lovelace", "email": held["fields"]["email"],
                              "country": "DE"}
    assert held["provenance"][0]["act"] == "subject" and held["policy_version"] >= 1
    stack.rows("CHECKPOINT")
    found = [path for path in stack.files_holding(canary) if "contacts.in" not in str(path)]
    assert not found, found
    assert stack.value("SELECT count(*) FROM vault.audit WHERE actor = %s AND %s::uuid = ANY (ids)",
                       (OPERATOR, record)) == 1


def test_patches_count_by_version_whatever_their_order(stack):
    source = name("L")
    record, = sent(stack, contact(source, 5, change="patch", phone="+49 30 901820", city=None),
                   contact(source, 3, given_name="Ada", email="old@example.org", city="Paris"),
                   contact(source, 6, change="patch", email="new@example.org"),
                   contact(source, 4, given_name="Ada", email="mid@example.org", city="Rome"),
                   contact(source, 2, change="patch", family_name="Byron"))
    held = look(stack, record)["records"][0]
    assert held["fields"] == {"given_name": "Ada", "email": "new@example.org", "phone": "+49 30 901820"}
    assert held["version"] == "6"
    # one event at a time, through the sealed state
    again = name("L")
    for step in (contact(again, 5, change="patch", phone="+49 30 901820", city=None),
                 contact(again, 4, given_name="Ada", city="Rome"), contact(again, 3, given_name="Eva", city="Oslo")):
        stack.send(step)
        wait_read(stack)
    other = str(stack.value("SELECT max(record_id::text) FROM vault.record"))
    assert look(stack, other)["records"][0]["fields"] == {"given_name": "Ada", "phone": "+49 30 901820"}


def test_repeats_and_older_versions_change_nothing(stack):
    source = name("L")
    seven = contact(source, 7, given_name="Ada")
    record, = sent(stack, seven)
    announced = len(told(stack, "record", "record.accepted", record=record))
    assert sent(stack, seven, contact(source, 6, given_name="Eva"), contact(source, 7, given_name="Eve")) == []
    assert look(stack, record)["records"][0]["fields"] == {"given_name": "Ada"}
    assert len(told(stack, "record", "record.accepted", record=record)) == announced


def test_what_ended_begins_anew_only_above_its_version(stack):
    source = name("L")
    first, = sent(stack, contact(source, 3, given_name="Ada"))
    gone = event("lethe.contact.removed", {"record": {"system": "dynamics", "id": source, "version": 4},
                                           "reason": "deleted"}, key=f"dynamics/{source}")
    assert sent(stack, gone) == []
    assert told(stack, "record", "record.removed", record=first)[0]["reason"] == "deleted"
    wait_until(lambda: stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (first,), keyring=True) == 0,
               what="its key to be destroyed")
    assert sent(stack, contact(source, 4, given_name="Ada")) == []
    second, = sent(stack, contact(source, 5, given_name="Ada"))
    assert second != first


def test_a_system_counts_its_versions_in_one_way(stack):
    source = name("L")
    before = len(refused_events(stack, "version kind"))
    assert len(sent(stack, contact(source, "7"))) == 1  # a decimal string is a number
    assert sent(stack, contact(name("L"), "2026-10-01T09:00:00Z")) == []
    assert len(refused_events(stack, "version kind")) == before + 1


def test_refused_events_wait_sealed_and_are_told_by_hashes(stack):
    mail = address()
    bad = contact(name("L"), category="nobody", email=mail)
    assert sent(stack, bad) == []
    row = [r for r in stack.rows("SELECT id::text, rule, pointer, cardinality(keys) FROM intake.quarantine")
           if r[2] == "/data/category"][-1]
    assert row[1] == "not in policy" and row[3] >= 3
    answer = stack.internal("POST", "intake", "/internal/v1/quarantine", {"id": row[0], "actor": OPERATOR}).json()
    assert answer["rule"] == "not in policy"
    assert json.loads(base64.b64decode(answer["event"]["data"])) == bad["data"]
    assert not [m for m in stack.messages("contacts.refused") if mail.encode() in m[2] + (m[1] or b"")]
    assert stack.internal("POST", "intake", "/internal/v1/quarantine",
                          {"id": str(uuid.uuid4()), "actor": OPERATOR}).status_code == 404


def test_broken_events_are_refused_and_the_good_around_them_kept(stack):
    before, known = len(told(stack, "contacts.refused", "contact.refused")), set(records(stack))
    stack.send(contact(name("L"), given_name="Before"))
    for value in (b"{broken", b"", b'{"record": 7}', b"\xff\xfe", b"[" * 100):
        stack.send_raw(value, {"id": str(uuid.uuid4()), "source": "urn:test", "type": "lethe.contact.recorded",
                               "specversion": "1.0"})
    stack.send_raw(b"{}", {"id": "1", "source": "urn:test", "type": "lethe.contact.unheard-of", "specversion": "1.0"})
    stack.send(contact(name("L"), given_name="After"))
    wait_read(stack)
    assert len(set(records(stack)) - known) == 2
    assert len(told(stack, "contacts.refused", "contact.refused")) == before + 6


def test_own_staff_are_no_persons(stack):
    assert sent(stack, contact(name("L"), email="bob@acme.example")) == []
    order = name("O")
    stack.send(activity(order, [{"role": "from", "email": "bob@acme.example", "name": "Bob"},
                                {"role": "to", "email": address()}], category="email", system="helpdesk"))
    wait_read(stack)
    parts = newest_activity(stack)["parts"]
    staff = [p for p in parts if p.get("staff")]
    assert len(parts) == 2 and len(staff) == 1 and "keys" not in staff[0]


def test_an_activity_is_whole_and_its_parts_keep_their_ids(stack):
    source, order, friend = name("L"), name("O"), address()
    record, = sent(stack, contact(source, email=address()))
    persons = [{"role": "customer", "record": {"system": "dynamics", "id": source}}, {"role": "mentioned", "email": friend}]
    stack.send(activity(order, persons, 1, fields={"total": 1}))
    wait_read(stack)
    first = newest_activity(stack)
    stack.send(activity(order, persons[:1], 2, fields={"total": 2}, invoice_date="2026-10-03T00:00:00Z"),
               activity(order, persons, 1, fields={"total": 3}))
    wait_read(stack)
    second = told(stack, "activity", "activity.accepted", activity=first["activity"])[-1]
    customer, = [p["part"] for p in first["parts"] if p["role"] == "customer"]
    assert [p["part"] for p in second["parts"]] == [customer] and second["parts"][0]["record"] == record
    assert {d["name"] for d in second["dates"]} == {"occurred_at", "invoice_date"} and second["rev"] > first["rev"]
    assert look(stack, record)["activities"][0]["content"]["fields"] == {"total": 2}
    before = len(refused_events(stack, "not in policy"))
    stack.send(activity(name("O"), persons, fields={"total": 1, "shoe_size": 44}))
    wait_read(stack)
    assert len(refused_events(stack, "not in policy")) == before + 1


def test_http_answers_what_it_takes_and_kafka_has_it(stack):
    good, bad = name("L"), name("L")
    wait_read(stack)
    before = stack.value("SELECT count(*) FROM vault.record WHERE category = 'lead'")
    answer = stack.post_events([contact(good, given_name="Ada"), contact(bad, category="nobody")])
    assert answer.status_code == 202
    assert answer.json() == {"accepted": 1, "refused": [{"index": 1, "pointer": "/data/category",
                                                         "rule": "not in policy"}]}
    wait_read(stack)
    assert stack.value("SELECT count(*) FROM vault.record WHERE category = 'lead'") == before + 1
    assert stack.http("POST", stack.url("intake", "/v1/events"), data=b"[]",
                      headers={"Content-Type": "text/plain"}).status_code == 415


def asked_acts(stack):
    return {a["act"] for a in told(stack, "consent.in", "consent.asked")}


def test_consents_ask_and_refusals_pass(stack):
    source, mail = name("L"), address()
    record, = sent(stack, contact(source, email=mail, consents=[{"purpose": "product-a-news", "statement": 3},
                                                                {"purpose": "unheard-of", "statement": 1}]))
    asked = told(stack, "consent.in", "consent.asked", record=record)
    assert len(asked) == 1 and asked[0]["address"] == record and asked[0]["purpose"] == "product-a-news"
    request = event("lethe.consent.requested", {"address": address(), "channel": "email", "purpose": "product-a-news",
                                                "statement": 3, "language": "de", "provenance": PROVENANCE})
    before = asked_acts(stack)
    stack.send(request, request)
    wait_read(stack)
    assert len(asked_acts(stack) - before) == 1, "a repeat is the same act"
    stack.send(event("lethe.consent.withdrawn", {"record": {"system": "dynamics", "id": source}, "purpose": "all",
                                                 "at": "2026-10-05T00:00:00Z"}))
    wait_read(stack)
    refused, = told(stack, "consent.in", "consent.refused", record=record)
    assert refused["kind"] == "withdrawn" and "purpose" not in refused


def test_a_forget_asked_for_twice_is_one(stack):
    mail = address()
    wanted = event("lethe.forget.requested", {"address": mail, "received_at": "2026-11-01T00:00:00Z",
                                              "requester": {"relation": "self", "reply_to": mail}}, source="urn:acme:shop")
    stack.send(wanted, wanted)
    wait_read(stack)
    found = [w for w in told(stack, "requests.in", "forget.wanted") if w["source"] == "shop"]
    assert len({w["request"] for w in found}) == 1 and not found[0].get("verified")


# ---- a forget ------------------------------------------------------------------------------------------------------------
def opened(stack, request, keys, records=()):
    stack.send(event("lethe.forget.opened", {"request": request, "controller": "acme", "keys": keys,
                                             "records": list(records), "received_at": "2026-11-20T00:00:00Z",
                                             "barrier": True}, key=request), topic="forget")
    wait_until(lambda: stack.value("SELECT count(DISTINCT part) FROM intake.barrier_seen WHERE at > now() - interval '5 min'"
                                   ) == 8 and len([b for b in told(stack, "record", "barrier")
                                                   if request in b["requests"]]) == 8, 30, "the barrier to pass")
    wait_read(stack)


def destroyed(stack, request, keys, records=()):
    """What opened() began, carried out."""
    barrier = [b["barrier"] for b in told(stack, "record", "barrier") if request in b["requests"]][0]
    stack.send(event("lethe.forget.destroy", {"request": request, "keys": keys, "records": list(records), "persons": [],
                                              "received_at": "2026-11-20T00:00:00Z", "barrier": barrier}, key=request),
               topic="forget")
    wait_until(lambda: told(stack, "forget.result", "forget.result", request=request, service="intake", phase="destroy",
                            remaining=0), 60, "intake's answer")
    wait_read(stack)


def person_keys(stack, record):
    return [k for k in keys_of(stack, record) if k["kind"] in ("email", "source")]


def forgotten_person(stack):
    """(address, source id, request) of somebody who was known and is forgotten."""
    mail, source, request = address(), name("L"), str(uuid.uuid4())
    record, = sent(stack, contact(source, email=mail))
    keys = person_keys(stack, record)
    opened(stack, request, keys)
    destroyed(stack, request, keys, [record])
    return mail, source, request


def cancel(stack, request):
    stack.send(event("lethe.forget.cancelled", {"request": request, "at": "2026-11-21T00:00:00Z"}, key=request),
               topic="forget")


def test_a_cancelled_forget_gives_everything_back(stack):
    source, mail, request = name("L"), address(), str(uuid.uuid4())
    record, = sent(stack, contact(source, 1, email=mail))
    keys = [k for k in keys_of(stack, record) if k["kind"] in ("email", "source")]
    opened(stack, request, keys)
    assert look(stack, record)["records"][0]["restricted"]
    assert "fields" not in look(stack, record)["records"][0], "only the request's own road opens it"
    assert sent(stack, contact(source, 2, email=mail, city="Rome", act="subject", captured_at="2026-11-22T00:00:00Z")) == []
    assert [r for r in refused_events(stack, "restricted") if r["request"] == request]
    cancel(stack, request)
    wait_until(lambda: look(stack, record)["records"][0].get("fields", {}).get("city") == "Rome", 60,
               "the event to come back")
    assert stack.value("SELECT count(*) FROM intake.quarantine WHERE request = %s", (request,)) == 0


def test_a_forget_takes_the_person_and_leaves_the_others(stack):
    source, mail, other, request = name("L"), address(), address(), str(uuid.uuid4())
    record, = sent(stack, contact(source, 1, email=mail, given_name="Ada", family_name="Lovelace"))
    neighbour, = sent(stack, contact(name("L"), 1, email=other))
    keys = [k for k in keys_of(stack, record) if k["kind"] in ("email", "source")]
    mine = name("O")
    stack.send(activity(mine, [{"role": "customer", "record": {"system": "dynamics", "id": source}},
                               {"role": "staff", "email": "bob@acme.example"}], fields={"total": 1}),
               activity(name("E"), [{"role": "from", "email": mail, "name": "Ada Lovelace"},
                                    {"role": "to", "email": other}], category="email", system="helpdesk",
                        fields={"subject": "From Ada Lovelace", "body": f"{mail} wrote to {other}"}))
    wait_read(stack)
    shared = [a for a in told(stack, "activity", "activity.accepted") if a["category"] == "email" and keys[0] in
              [k for p in a["parts"] for k in p.get("keys", [])]][-1]
    assert len(shared["parts"]) == 2
    opened(stack, request, keys)
    destroyed(stack, request, keys, [record])
    answer = told(stack, "forget.result", "forget.result", request=request, service="intake", phase="destroy")[-1]
    assert {c["name"]: c["n"] for c in answer["counts"]} == {"contents_destroyed": 1, "contents_erased": 0,
                                                             "contents_rewritten": 1, "contents_to_judge": 1,
                                                             "parts_destroyed": 2}, "the staff's part of the order isn't the person's"
    assert look(stack, record)["records"] == []
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (record,), keyring=True) == 0
    assert told(stack, "record", "record.removed", record=record)[-1]["reason"] == "forgotten"
    left = told(stack, "activity", "activity.accepted", activity=shared["activity"])[-1]
    assert [p["role"] for p in left["parts"]] == ["to"]
    assert len(told(stack, "activity", "activity.removed")) >= 1
    assert look(stack, neighbour)["records"][0]["fields"] == {"email": other}

    # late events are refused, and nothing of them is kept; the person's own new act begins anew
    assert sent(stack, contact(source, 2, email=mail, act="subject", captured_at="2026-11-22T00:00:00Z")) == []
    late, = [r for r in refused_events(stack, "forgotten") if r.get("request") == request]
    assert "quarantine" not in late and late["system"] == "dynamics"
    assert sent(stack, contact(name("S"), 1, system="shop", category="customer", email=mail, act="subject",
                               captured_at="2026-11-01T00:00:00Z")) == [], "captured before the request"
    anew, = sent(stack, contact(name("S"), 1, system="shop", category="customer", email=mail, act="subject",
                                captured_at="2026-11-22T00:00:00Z"))
    assert anew != record

    # the neighbour's mail is still readable, without the other
    content = stack.value("SELECT content_id::text FROM intake.activity WHERE activity_id = %s", (shared["activity"],))
    assert content != shared["activity"], "sealed anew under another key"
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (shared["activity"],), keyring=True) == 0
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (content,), keyring=True) == 1


def test_an_expiry_takes_the_ids_alone_and_holds_back_that_version(stack):
    source, mail, expiry = name("L"), address(), str(uuid.uuid4())
    record, = sent(stack, contact(source, 3, email=mail))
    other, = sent(stack, contact(name("L"), 1, email=mail))
    stack.send(event("lethe.forget.destroy", {"request": expiry, "expiry": True, "keys": [], "records": [record],
                                              "persons": [], "received_at": "2026-11-20T00:00:00Z"}, key=expiry),
               topic="forget")
    wait_until(lambda: told(stack, "forget.result", "forget.result", request=expiry, service="intake", remaining=0), 60,
               "intake's answer")
    wait_read(stack)
    assert told(stack, "record", "record.removed", record=record)[-1]["reason"] == "expired"
    assert look(stack, other)["records"], "another record of that address stays"
    assert sent(stack, contact(source, 3, email=mail)) == []
    assert refused_events(stack, "expired")
    assert len(sent(stack, contact(source, 4, email=mail))) == 1


def test_resync_announces_every_row_again(stack):
    record, = sent(stack, contact(name("L"), email=address(), language="de"))
    before = told(stack, "record", "record.accepted", record=record)[-1]
    assert stack.internal("POST", "intake", "/internal/v1/resync", {}).status_code in (200, 202)
    wait_until(lambda: len(told(stack, "record", "record.accepted", record=record)) == 2, 60, "the second announcement")
    assert told(stack, "record", "record.accepted", record=record)[-1] == before


# ---- held back, and left out ---------------------------------------------------------------------------------------------
def test_what_two_requests_hold_back_waits_for_both(stack):
    source, mail, first, second = name("L"), address(), str(uuid.uuid4()), str(uuid.uuid4())
    record, = sent(stack, contact(source, 1, email=mail))
    keys = person_keys(stack, record)
    opened(stack, first, keys[:1])
    opened(stack, second, keys[1:])
    bad = name("L")
    stack.send(contact(source, 2, email=mail, city="Rome"), contact(bad, category="nobody"))
    wait_read(stack)
    held = "SELECT count(*) FROM intake.quarantine WHERE request IN (%s, %s)"
    assert stack.value(held, (first, second)) == 1
    # their time comes, but a request's end has not
    stack.rows("UPDATE intake.quarantine SET expires_at = now() - interval '1 second'")
    wait_until(lambda: stack.value("SELECT count(*) FROM intake.quarantine WHERE request IS NULL") == 0, 90,
               "what nothing holds to expire")
    assert stack.value(held, (first, second)) == 1
    holder = str(stack.value("SELECT request FROM intake.quarantine WHERE request IN (%s, %s)", (first, second)))
    cancel(stack, holder)
    wait_until(lambda: stack.value("SELECT count(*) FROM intake.quarantine WHERE request = %s",
                                   (second if holder == first else first,)) == 1, 60, "the event to be held by the other")
    wait_read(stack)
    assert "city" not in look(stack, record)["records"][0].get("fields", {})
    cancel(stack, second if holder == first else first)
    wait_until(lambda: look(stack, record)["records"][0].get("fields", {}).get("city") == "Rome", 60,
               "the event to come back")


def test_a_forget_finds_what_could_not_be_decoded(stack):
    source, mail, request = name("L"), address(), str(uuid.uuid4())
    record, = sent(stack, contact(source, 1, email=mail))
    keys = person_keys(stack, record)
    header = {"source": "urn:test", "type": "lethe.contact.recorded", "specversion": "1.0"}
    for value in (f'{{"fields": {{"email": "{mail}"'.encode(), f"name=Ada&email={mail.replace('@', '%40')}".encode(),
                  b'\xff {"record": {"id": "%s", "system": "dynamics"}' % source.encode()):
        stack.send_raw(value, {"id": str(uuid.uuid4()), **header})
    stack.send_raw(b"{}", {"id": mail, **header})
    stack.send(event("lethe.contact.merged", {"system": "nobody", "survivor": "A", "losers": [mail]}),
               event("lethe.forget.requested", {"address": "info@intake.example.org",
                                                "received_at": "2026-11-01T00:00:00Z",
                                                "requester": {"relation": "self", "reply_to": mail}}))
    wait_read(stack)
    hashes = [bytes.fromhex(k["hash"]) for k in keys]
    rows = [str(r[0]) for r in stack.rows("SELECT id FROM intake.quarantine WHERE keys && %s", (hashes,))]
    assert len(rows) == 6
    opened(stack, request, keys)
    destroyed(stack, request, keys, [record])
    assert stack.rows("SELECT id FROM intake.quarantine WHERE keys && %s", (hashes,)) == []
    assert stack.value("SELECT count(*) FROM vault.item WHERE item_id = ANY (%s::uuid[])", (rows,)) == 0
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = ANY (%s::uuid[])", (rows,), keyring=True) == 0


def test_what_names_too_many_is_refused_and_not_kept(stack):
    before = stack.value("SELECT count(*) FROM intake.quarantine")
    stack.send_raw(" ".join(f"p{n}@intake.example.org" for n in range(2000)).encode(),
                   {"id": str(uuid.uuid4()), "source": "urn:many", "type": "lethe.contact.recorded", "specversion": "1.0"})
    wait_read(stack)
    assert stack.value("SELECT count(*) FROM intake.quarantine") == before
    assert told(stack, "contacts.refused", "contact.refused")


@pytest.fixture(scope="module")
def gone(stack):
    """A forgotten person who never begins anew: (address, source id, request)."""
    return forgotten_person(stack)


def left_out(stack, request, kind):
    """The pointers at a forgotten person in events of a type."""
    return [r["pointer"] for r in refused_events(stack, "forgotten")
            if r.get("request") == request and r["event_type"] == f"lethe.{kind}" and "quarantine" not in r]


def test_one_persons_act_lifts_nobody_elses_tombstone(stack, gone):
    (mine, _, my_request), (other, _, other_request) = forgotten_person(stack), gone
    new = {**PROVENANCE, "captured_at": "2026-11-22T00:00:00Z"}
    stack.send(activity(name("O"), [{"role": "customer", "email": mine}, {"role": "mentioned", "email": other},
                                    {"role": "mentioned", "email": address()}], provenance=new, fields={"total": 1}))
    wait_read(stack)
    assert [p["role"] for p in newest_activity(stack)["parts"]] == ["customer", "mentioned"]
    assert left_out(stack, other_request, "activity.recorded") == ["/data/persons/1"]
    assert left_out(stack, my_request, "activity.recorded") == []
    assert sent(stack, contact(name("L"), email=other, act="staff")) == [], "their tombstone stands"
    assert len(sent(stack, contact(name("L"), email=mine, act="staff"))) == 1, "who acted has begun anew"


def test_of_two_customers_nobody_begins_anew(stack, gone):
    mine, _, request = gone
    before = len(left_out(stack, request, "activity.recorded"))
    new = {**PROVENANCE, "captured_at": "2026-11-22T00:00:00Z"}
    stack.send(activity(name("O"), [{"role": "customer", "email": address()}, {"role": "from", "email": address()},
                                    {"role": "customer", "email": mine}], provenance=new, fields={"total": 1}))
    wait_read(stack)
    assert len(newest_activity(stack)["parts"]) == 2
    assert left_out(stack, request, "activity.recorded").count("/data/persons/2") == 1
    assert len(left_out(stack, request, "activity.recorded")) == before + 1


def test_a_forgotten_loser_does_not_part_the_others(stack, gone):
    _, source, request = gone
    survivor, loser = name("L"), name("L")
    both = sent(stack, contact(survivor, email=address()), contact(loser, email=address()))
    sources = sorted(k["hash"] for r in both for k in keys_of(stack, r) if k["kind"] == "source")
    stack.send(event("lethe.contact.merged", {"system": "dynamics", "survivor": survivor, "losers": [source, loser]}))
    wait_read(stack)
    joined = [sorted(k["hash"] for k in j["sources"]) for j in told(stack, "record", "record.joined")]
    assert sources in joined
    assert left_out(stack, request, "contact.merged") == ["/data/losers/0"]
    before = len(joined)
    stack.send(event("lethe.contact.merged", {"system": "dynamics", "survivor": survivor, "losers": [source]}))
    wait_read(stack)
    assert len(told(stack, "record", "record.joined")) == before


def test_a_repeated_removal_revives_nothing(stack):
    source = name("L")
    gone = event("lethe.contact.removed", {"record": {"system": "dynamics", "id": source}, "reason": "deleted"},
                 key=f"dynamics/{source}")
    sent(stack, contact(source, 5, given_name="Ada"))
    assert sent(stack, gone) == []
    again = {**gone, "headers": {**gone["headers"], "id": str(uuid.uuid4())}}
    assert sent(stack, again, contact(source, 3, given_name="Eva")) == []
    assert len(sent(stack, contact(source, 6, given_name="Ada"))) == 1


# ---- acts of consent, refusal and forgetting --------------------------------------------------------------------------------
def test_a_patchs_consents_ask_at_the_records_address(stack):
    source = name("L")
    record, = sent(stack, contact(source, 1, email=address()))
    asks = [{"purpose": "product-a-news", "statement": 3}, {"purpose": "product-b-news", "statement": 1},
            {"purpose": "order-mail", "statement": 1}]
    dropped = stack.metrics("intake")["lethe_intake_dropped_asks_total"]
    patch = contact(source, 2, change="patch", consents=asks)
    stack.send(patch)
    wait_read(stack)
    asked = told(stack, "consent.in", "consent.asked", record=record)
    assert sorted(a["purpose"] for a in asked) == ["product-a-news", "product-b-news"]
    assert {k["hash"] for a in asked for k in a["keys"] if k["kind"] == "email"} == \
        {k["hash"] for k in keys_of(stack, record) if k["kind"] == "email"}
    assert len({a["evidence"] for a in asked}) == 2, "each its own evidence"
    assert look(stack, record)["records"][0]["version"] == "2"
    stack.send(contact(source, 1, change="patch", consents=asks[:1]), contact(name("L"), consents=asks[:2]))
    wait_read(stack)
    assert len(told(stack, "consent.in", "consent.asked", record=record)) == 2
    wait_until(lambda: stack.metrics("intake")["lethe_intake_dropped_asks_total"] == dropped + 4, 10, "the count")


def test_a_refusal_says_where_it_lies_whose_it_is(stack):
    source, mail = name("L"), address()
    record, = sent(stack, contact(source, email=mail))
    at = "2026-10-05T00:00:00Z"
    stack.send(event("lethe.consent.withdrawn", {"record": {"system": "dynamics", "id": source}, "at": at}),
               event("lethe.consent.objected", {"address": address(), "at": "2026-10-06T00:00:00Z"}))
    wait_read(stack)
    by_record, = told(stack, "consent.in", "consent.refused", record=record)
    assert by_record["vault"] == record
    by_address = told(stack, "consent.in", "consent.refused", at="2026-10-06T00:00:00Z")[-1]
    assert stack.value("SELECT kind FROM vault.item WHERE item_id = %s", (by_address["vault"],)) == 3
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (by_address["vault"],), keyring=True) == 1


def test_long_ids_are_told_apart_to_their_ends(stack):
    def request(number):
        return event("lethe.consent.requested", {"address": address(), "channel": "email", "purpose": "product-a-news",
                                                 "statement": 3, "provenance": PROVENANCE}, id="i" * 900 + str(number))
    before = asked_acts(stack)
    stack.send(request(1), request(2))
    wait_read(stack)
    assert len(asked_acts(stack) - before) == 2


def test_a_request_never_came_in_later_than_its_event(stack):
    mail = address()
    stack.send(event("lethe.forget.requested", {"address": mail, "received_at": "2199-01-01T00:00:00Z"},
                     source="urn:acme:helpdesk"))
    wait_read(stack)
    wanted = [w for w in told(stack, "requests.in", "forget.wanted") if w["source"] == "helpdesk"]
    assert len(wanted) == 1 and wanted[0]["received_at"] < "2198"


CONSENT = {"address": "ada@intake.example.org", "channel": "email", "purpose": "product-a-news", "statement": 3,
           "provenance": PROVENANCE}
RECORDED = {**CONSENT, "given_at": "2026-10-01T09:00:00Z", "given_by": "subject", "how": "form"}
AT = {"at": "2026-10-01T09:00:00Z"}
RECEIVED = {"received_at": "2026-10-01T09:00:00Z"}
ACTS = [
    ("consent.requested", {**CONSENT, "channel": "sms"}, "/data/channel", "not in policy"),
    ("consent.requested", {**CONSENT, "purpose": "astrology"}, "/data/purpose", "not in policy"),
    ("consent.requested", {**CONSENT, "purpose": "order-mail"}, "/data/purpose", "no consent"),
    ("consent.requested", {**CONSENT, "statement": 99}, "/data/statement", "not in policy"),
    ("consent.requested", {**CONSENT, "address": "bob@acme.example"}, "/data/address", "own staff"),
    ("consent.recorded", {**RECORDED, "statement": 99}, "/data/statement", "not in policy"),
    ("consent.recorded", {**RECORDED, "purpose": "order-mail"}, "/data/purpose", "no consent"),
    ("consent.recorded", {**RECORDED, "address": "nobody"}, "/data/address", "invalid"),
    ("consent.withdrawn", {"address": "ada@intake.example.org", "purpose": "astrology", **AT}, "/data/purpose",
     "not in policy"),
    ("consent.objected", {"address": "bob@acme.example", **AT}, "/data/address", "own staff"),
    ("contact.removed", {"record": {"system": "nobody", "id": "1"}, "reason": "deleted"}, "/data/record/system",
     "not in policy"),
    ("contact.merged", {"system": "nobody", "survivor": "1", "losers": ["2"]}, "/data/system", "not in policy"),
    ("forget.requested", {"address": "info@intake.example.org", **RECEIVED}, "/data/address", "role mailbox"),
    ("forget.requested", {"address": "bob@acme.example", **RECEIVED}, "/data/address", "own staff"),
]


def test_both_roads_refuse_the_same(stack):
    events = [event(f"lethe.{kind}", data) for kind, data, _, _ in ACTS]
    answer = stack.post_events(events)
    assert answer.status_code == 202 and answer.json()["accepted"] == 0
    assert answer.json()["refused"] == [{"index": i, "pointer": pointer, "rule": rule}
                                        for i, (_, _, pointer, rule) in enumerate(ACTS)]
    before = {r.get("event_id") for r in told(stack, "contacts.refused", "contact.refused")}
    stack.send(*events)
    wait_read(stack)
    new = [(r["event_type"], r["pointer"], r["rule"]) for r in told(stack, "contacts.refused", "contact.refused")
           if r.get("event_id") not in before]
    assert sorted(new) == sorted((f"lethe.{kind}", pointer, rule) for kind, _, pointer, rule in ACTS)


def test_what_never_fits_is_refused_and_what_does_is_taken(stack):
    def sized(n):
        return contact(name("L"), **{f"unnamed_{i}": "x" * 60000 for i in range(n)})
    answer = stack.post_events([sized(16), contact(name("L"))])
    assert answer.status_code == 202 and answer.json() == {"accepted": 2, "refused": []}
    for n in (17, 18, 19):
        answer = stack.post_events([sized(n), contact(name("L"))])
        assert answer.status_code == 202
        assert answer.json() == {"accepted": 1, "refused": [{"index": 0, "pointer": "/data", "rule": "too long"}]}


# ---- at scale ------------------------------------------------------------------------------------------------------------
def pages_read(link, call, params):
    plan, = link.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT * FROM {call}", params).fetchone()
    return plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]


@pytest.mark.parametrize("where, table, column, page", [
    ("LETHE_KEYRING_PG", "keyring.key (key_id, kek_epoch, wrapped, made_by)", "key_id", "keyring.page_v1(now(), %s, 10)"),
    ("LETHE_PG", "vault.record (record_id, sealed, source_key, system, category, version_kind, version_value, rev, act, "
     "captured_at, created_at, updated_at, policy_version)", "record_id", "vault.records_page_v1(%s, 10)")])
def test_a_late_page_costs_as_little_as_the_first(stack, where, table, column, page):
    values = {"keyring.key": "u, 1, 'x', 'intake'",
              "vault.record": "u, 'x', decode(replace(u::text, '-', ''), 'hex'), 's', 'lead', 1, 1, 1, 1, now(), now(), now(), 1"}
    with psycopg.connect(stack.env[where]) as link:
        link.execute(f"INSERT INTO {table} SELECT {values[table.split(' ')[0]]} "
                     "FROM (SELECT gen_random_uuid() AS u FROM generate_series(1, 20000)) AS made")
        last = link.execute(f"SELECT {column} FROM {table.split(' ')[0]} ORDER BY 1 DESC OFFSET 20 LIMIT 1").fetchone()
        pages_read(link, page, last)  # what the catalogs cost is paid once
        assert pages_read(link, page, last) < 100
        link.rollback()


def test_who_begins_a_record_second_is_told_to_try_again(stack):
    first, second, key = str(uuid.uuid4()), str(uuid.uuid4()), uuid.uuid4().bytes
    put = ("SELECT vault.records_put_v1(ARRAY[%s::uuid], ARRAY['x'::bytea], ARRAY[%s::bytea], ARRAY[NULL::bytea], "
           "ARRAY[NULL::bytea], ARRAY[NULL::bytea], ARRAY[NULL::bytea], ARRAY['s'], ARRAY['lead'], ARRAY[1], ARRAY[1::bigint], "
           "ARRAY[1::bigint], ARRAY[1::bigint], ARRAY[1], ARRAY[now()], ARRAY[1::bigint], now(), "
           "ARRAY[-9223372036854775808])")
    with psycopg.connect(stack.env["LETHE_PG"]) as link:
        link.execute(put, (first, key))
        link.execute("SAVEPOINT tries")
        for again in (second, first):
            with pytest.raises(psycopg.errors.SerializationFailure):
                link.execute(put, (again, key))
            link.execute("ROLLBACK TO tries")
        assert link.execute("SELECT count(*) FROM vault.record WHERE source_key = %s", (key,)).fetchone() == (1,)
        link.rollback()


# ---- keys ----------------------------------------------------------------------------------------------------------------
def test_the_sweep_leaves_keys_that_somebody_has_come_to_use(stack):
    used, orphan = str(uuid.uuid4()), str(uuid.uuid4())
    stack.rows("INSERT INTO keyring.key SELECT u, 1, 'x', 'intake', now() - interval '2 hours' FROM unnest(%s::uuid[]) AS u",
               ([used, orphan],), keyring=True)
    hour_ago = "now() - interval '1 hour'"
    assert stack.value("SELECT keyring.put_v1(1, ARRAY[%s::uuid], ARRAY['y'::bytea], 'intake')", (used,), keyring=True) == 0
    assert stack.value(f"SELECT keyring.sweep_v1({hour_ago}, %s::uuid[])", ([used, orphan],), keyring=True) == 1
    assert stack.value("SELECT wrapped FROM keyring.key WHERE key_id = %s", (used,), keyring=True) == b"x"
