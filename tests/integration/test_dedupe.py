"""dedupe on a real stack: one person for each human being, links that can be undone, and its part of a forget."""
import random
import uuid

import psycopg
import pytest
from internal_events import (PARTITIONS, accepted, barriers, data_of, forget, joined, key, new_id, pause, removed, send_to,
                             wait_read)
from lethe_stack import wait_until


@pytest.fixture(scope="module", autouse=True)
def neighbours_paused(stack):
    """Tests play their parts. intake would answer forget.opened with barriers of its own."""
    resume = [pause(stack, service) for service in ("erasure", "intake")]
    yield
    for again in resume:
        again()


def name():
    return uuid.uuid4().hex[:12]


def person_of(stack, record):
    found = stack.rows("SELECT person::text FROM dedupe.record WHERE record = %s", (record,))
    return found[0][0] if found else None


def wait_records(stack, records, timeout=30):
    wait_until(lambda: stack.value("SELECT count(*) FROM dedupe.record WHERE record = ANY(%s::uuid[])",
                                   (list(records),)) == len(set(records)), timeout, "records to be linked")


def send(stack, *events):
    stack.send(*events, topic="record")


def told(stack, kind, **want):
    return data_of(stack, "person", f"lethe.person.{kind}", lambda d: all(d.get(k) == v for k, v in want.items()))


def resolve(stack, **asked):
    answer = stack.internal("POST", "dedupe", "/internal/v1/resolve", asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["persons"]


def decide(stack, decision, records=(), others=(), **more):
    body = {"decision": decision, "by": str(uuid.uuid4()), "reason": "seen", **more}
    if records:
        body.update(records=list(records), others=list(others))
    return stack.internal("POST", "dedupe", "/internal/v1/reviews", body)


def test_grounds(stack):
    n = name()
    a, b, c, d, e = (new_id() for _ in range(5))
    send(stack, accepted(a, email=f"{n}@x", source=f"{n}-1"), accepted(b, email=f"{n}@x", phone=n, surname="o"),
         accepted(c, phone=n, surname="o"), accepted(d, phone=n, surname="another"), accepted(e, source=f"{n}-1"))
    wait_records(stack, [a, b, c, d, e])
    wait_until(lambda: len({person_of(stack, r) for r in (a, b, c, e)}) == 1, what="one person")
    assert person_of(stack, d) != person_of(stack, a)  # the household's phone alone is no ground
    [person] = resolve(stack, keys=[key("email", f"{n}@x")])
    assert sorted(person["records"]) == sorted([a, b, c, e])
    assert {k["kind"] for k in person["keys"]} == {"email", "email-wide", "phone", "source"}
    wait_read(stack, "dedupe")
    newest = max(told(stack, "linked", person=person["person"]), key=lambda l: l["rev"])
    assert sorted(newest["records"]) == sorted(person["records"]) and newest["rev"] == person["rev"]
    assert newest["rev"] >= 1 << 40


def test_oldest_person_survives_and_the_other_is_told(stack):
    n = name()
    a, b, c = new_id(), new_id(), new_id()
    send(stack, accepted(a, email=f"{n}-1@x"))
    wait_records(stack, [a])
    send(stack, accepted(b, phone=n, surname="o"))
    wait_records(stack, [b])
    first, second = person_of(stack, a), person_of(stack, b)
    send(stack, accepted(c, email=f"{n}-1@x", phone=n, surname="o"))
    wait_records(stack, [c])
    assert {person_of(stack, r) for r in (a, b, c)} == {first}
    wait_until(lambda: told(stack, "merged", person=second, into=first), what="person.merged")
    assert resolve(stack, persons=[second])[0]["person"] == first  # known by its old name, too


def test_removal_splits_exactly(stack):
    n = name()
    a, b, bridge = new_id(), new_id(), new_id()
    send(stack, accepted(a, email=f"{n}@x", captured_at="2026-01-01T00:00:00Z"), accepted(b, phone=n, surname="o"),
         accepted(bridge, email=f"{n}@x", phone=n, surname="o"))
    wait_records(stack, [a, b, bridge])
    assert person_of(stack, a) == person_of(stack, b)
    kept = person_of(stack, a)
    send(stack, removed(bridge))
    wait_until(lambda: person_of(stack, a) != person_of(stack, b), what="the split")
    assert person_of(stack, a) == kept  # the most senior record keeps the id
    wait_until(lambda: told(stack, "split", person=person_of(stack, b), **{"from": kept}), what="person.split")
    send(stack, accepted(bridge, rev=200, email=f"{n}@x"))  # a late one of a record that ended
    marker = new_id()
    send(stack, *[accepted(m, email=f"{n}-{m}") for m in (marker,)])
    wait_records(stack, [marker])
    wait_read(stack, "dedupe")
    assert person_of(stack, bridge) is None


def test_update_moves_a_record(stack):
    n = name()
    a, b = new_id(), new_id()
    send(stack, accepted(a, rev=5, email=f"{n}@x"), accepted(b, rev=5, email=f"{n}@x"))
    wait_records(stack, [a, b])
    assert person_of(stack, a) == person_of(stack, b)
    send(stack, accepted(b, rev=6, email=f"{n}-other@x"))
    wait_until(lambda: person_of(stack, a) != person_of(stack, b), what="b to leave")
    send(stack, accepted(b, rev=4, email=f"{n}@x"))  # an older revision
    wait_read(stack, "dedupe")
    assert person_of(stack, a) != person_of(stack, b)
    send(stack, accepted(b, rev=7, email=f"{n}@x"))
    wait_until(lambda: person_of(stack, a) == person_of(stack, b), what="b to come back")


def test_an_older_revision_never_wins(stack):
    """Another replica writes a record while this one waits for its locks."""
    n, a = name(), new_id()
    send(stack, accepted(a, rev=5, email=f"{n}@x"))
    wait_records(stack, [a])
    with psycopg.connect(stack.env["LETHE_PG"]) as other:
        other.execute("SELECT pg_advisory_xact_lock(1, %s)", (uuid.UUID(a).bytes[15],))
        send(stack, accepted(a, rev=6, email=f"{n}-six@x"))
        wait_until(lambda: stack.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"),
                   what="dedupe to wait for the lock")
        other.execute("UPDATE dedupe.record SET rev = 9 WHERE record = %s", (a,))
    wait_read(stack, "dedupe")
    assert stack.value("SELECT rev FROM dedupe.record WHERE record = %s", (a,)) == 9


def test_joined_by_their_source(stack):
    n = name()
    a, b, c, late = new_id(), new_id(), new_id(), new_id()
    send(stack, accepted(a, source=f"{n}-1"), accepted(b, source=f"{n}-2"), accepted(c, source=f"{n}-3"))
    wait_records(stack, [a, b, c])
    send(stack, joined(f"{n}-1", f"{n}-4"))  # n-4 has no record yet
    send(stack, joined(f"{n}-4", f"{n}-2"))
    wait_until(lambda: person_of(stack, a) == person_of(stack, b), what="the join through an absent record")
    assert person_of(stack, c) != person_of(stack, a)
    send(stack, accepted(late, source=f"{n}-4"))
    wait_records(stack, [late])
    assert person_of(stack, late) == person_of(stack, a)


def test_role_mailbox_links_nobody(stack):
    n = name()
    a, b = new_id(), new_id()
    send(stack, accepted(a, role=f"info-{n}@x"), accepted(b, role=f"info-{n}@x"))
    wait_records(stack, [a, b])
    assert person_of(stack, a) != person_of(stack, b)


def test_generic_key(stack):
    n = name()
    records = [new_id() for _ in range(66)]
    send(stack, [accepted(r, phone=n, surname="switchboard") for r in records[:64]])
    wait_records(stack, records[:64])
    wait_until(lambda: len({person_of(stack, r) for r in records[:64]}) == 1, what="64 to be one")
    send(stack, [accepted(r, phone=n, surname="switchboard") for r in records[64:]])
    wait_until(lambda: len({person_of(stack, r) for r in records}) == 66, what="the key to be generic")
    wait_read(stack, "dedupe")
    send(stack, removed(records[0]), removed(records[1]))
    wait_until(lambda: len({person_of(stack, r) for r in records[2:]}) == 1, what="the key to link again")


def test_operator_splits_reviews_and_links(stack):
    n = name()
    a, b, c = new_id(), new_id(), new_id()
    send(stack, accepted(a, email=f"{n}@x"), accepted(b, email=f"{n}@x"))
    wait_records(stack, [a, b])
    answer = decide(stack, "different", [a], [b])
    assert answer.status_code == 200 and len(answer.json()["persons"]) == 2
    send(stack, accepted(c, email=f"{n}@x"))  # fits both: a human's call
    wait_records(stack, [c])
    assert len({person_of(stack, r) for r in (a, b, c)}) == 3
    reviews = wait_until(lambda: [r for r in stack.internal("GET", "dedupe", "/internal/v1/reviews").json()["reviews"]
                                  if c in r["records"]], what="the reviews")
    assert len(reviews) == 2
    with_a = next(r for r in reviews if a in r["records"])
    assert decide(stack, "same", review=with_a["review"]).status_code == 200
    assert person_of(stack, c) == person_of(stack, a) != person_of(stack, b)
    left = stack.internal("GET", "dedupe", "/internal/v1/reviews").json()["reviews"]
    assert not [r for r in left if c in r["records"]]  # the other question is settled with it
    assert decide(stack, "undo", [a], [b]).status_code == 200
    assert person_of(stack, c) == person_of(stack, a) == person_of(stack, b)
    assert decide(stack, "same", [a], [new_id()]).status_code == 404
    assert decide(stack, "same").status_code == 422
    assert stack.http("GET", stack.url("dedupe", "/internal/v1/reviews")).status_code == 401


@pytest.mark.parametrize("seed", range(4))
def test_any_order_one_partition(stack, seed):
    """The same events of 60 records in random orders, over partitions, with removals and updates: one partition."""
    rng = random.Random(seed)
    people = [(rng.randrange(25), rng.randrange(20), rng.randrange(3)) for _ in range(60)]
    gone = set(rng.sample(range(60), 8))
    moved = set(rng.sample(range(60), 8)) - gone
    joins = [rng.sample(range(60), 2) for _ in range(4)]
    partitions = []
    for order in range(3):
        n, records = name(), [new_id(1_700_000_000_000 + i) for i in range(60)]
        events = []
        for i, (mail, phone, surname) in enumerate(people):
            first = dict(email=f"{n}-{mail}", phone=f"{n}-{phone}", surname=surname, source=f"{n}-{i}")
            then = {**first, "email": f"{n}-{(mail + 7) % 25}"}
            events.append((i, accepted(records[i], rev=1, **first)))
            if i in moved:
                events.append((i, accepted(records[i], rev=2, **then)))
            if i in gone:
                events.append((i, removed(records[i], rev=3)))
        events += [(None, joined(*(f"{n}-{i}" for i in pair))) for pair in joins]
        random.Random(f"{seed}-{order}").shuffle(events)
        for _, item in events:
            send_to(stack, "record", random.randrange(PARTITIONS) if order else 0, item)
        wait_read(stack, "dedupe")
        groups = {}
        for i in range(60):
            groups.setdefault(person_of(stack, records[i]), set()).add(i)
        assert groups.get(None, set()) == gone
        groups.pop(None, None)
        partitions.append(sorted(map(sorted, groups.values())))
    assert partitions[0] == partitions[1] == partitions[2]


def test_two_replicas_miss_nobody(stack):
    n = name()
    stack.start("dedupe", instance=2)
    try:
        records = [new_id() for _ in range(800)]
        for i, record in enumerate(records):
            send_to(stack, "record", i % PARTITIONS, accepted(record, email=f"{n}-{i % 40}")) if i % 50 == 0 else \
                stack.send(accepted(record, email=f"{n}-{i % 40}"), topic="record", flush=False)
        stack.producer.flush()
        wait_records(stack, records, 60)
        for mail in range(40):
            assert len({person_of(stack, r) for r in records[mail::40]}) == 1
    finally:
        stack.stop("dedupe-2")


# ---- forgets --------------------------------------------------------------------------------------------------------
def results(stack, request, kind="lethe.forget.result"):
    return data_of(stack, "forget.result", kind,
                   lambda d: d["request"] == request and d.get("service", "dedupe") == "dedupe")


def open_and_close(stack, request, opened_first=True, **asked):
    marks = barriers([request])
    if opened_first:
        stack.send(forget("opened", request, **asked), topic="forget")
    for partition, mark in enumerate(marks):
        send_to(stack, "record", partition, mark)
    if not opened_first:
        wait_read(stack, "dedupe")
        stack.send(forget("opened", request, **asked), topic="forget")
    [resolved] = wait_until(lambda: results(stack, request, "lethe.forget.resolved"), what="forget.resolved")
    return resolved


@pytest.mark.parametrize("opened_first", [True, False])
def test_forget(stack, opened_first):
    n, request = name(), new_id()
    a, b, neighbour = new_id(), new_id(), new_id()
    send(stack, accepted(a, email=f"{n}@x", phone=n, surname="o", source=f"{n}-1", role=f"office-{n}"),
         accepted(b, email=f"{n}@x", source=f"{n}-2"), accepted(neighbour, phone=n, surname="p", email=f"{n}-2@x"))
    wait_records(stack, [a, b, neighbour])
    person = person_of(stack, a)
    resolved = open_and_close(stack, request, opened_first, keys=[key("email", f"{n}@x")])
    assert resolved["persons"] == [person] and sorted(resolved["records"]) == sorted([a, b])
    assert {k["hash"] for k in resolved["keys"]} == {key("email", f"{n}@x")["hash"], key("source", f"{n}-1")["hash"],
                                                   key("source", f"{n}-2")["hash"]}
    assert {(k["kind"], k["hash"]) for k in resolved["shared"]} >= {("phone", key("phone", n)["hash"])}
    assert not {k["kind"] for k in resolved["keys"]} & {"phone", "phone-surname", "email-wide"}
    assert not resolved.get("review", False)
    assert resolve(stack, persons=[person])[0]["restricted"]

    later = new_id()  # the same address anew: a person of its own, since the set is closed
    send(stack, accepted(later, email=f"{n}@x"))
    wait_records(stack, [later])
    assert person_of(stack, later) != person
    assert decide(stack, "same", [a], [neighbour]).status_code == 409

    stack.send(forget("destroy", request, **{k: resolved[k] for k in ("persons", "records", "keys")}), topic="forget")
    done = wait_until(lambda: results(stack, request), what="the answer")
    assert done[-1]["phase"] == "destroy" and done[-1]["remaining"] == 0 and done[-1]["rows"] >= 3
    assert person_of(stack, a) is None and person_of(stack, neighbour) and person_of(stack, later)
    send(stack, accepted(a, rev=50, email=f"{n}@x"))  # a late event of the forgotten
    stack.send(forget("verify", request), topic="forget")
    wait_until(lambda: [r for r in results(stack, request) if r["phase"] == "verify" and r["remaining"] == 0],
               what="the second look")
    wait_read(stack, "dedupe")
    assert person_of(stack, a) is None
    for schema, table in stack.tables():
        if schema == "dedupe" and not table.startswith(("tombstone_", "outbox", "inbox", "forget_task")):
            rows = str(stack.rows(f'SELECT * FROM dedupe."{table}"'))
            for trace in (a, b, person, request):
                assert uuid.UUID(trace).__repr__() not in rows or table == "barrier_seen", (table, trace)


def test_record_in_flight_is_in_the_set(stack):
    """Accepted before the request, linked after it: the barrier waits for it."""
    n, request = name(), new_id()
    a, late = new_id(), new_id()
    send(stack, accepted(a, email=f"{n}@x"))
    wait_records(stack, [a])
    stack.send(forget("opened", request, keys=[key("email", f"{n}@x")]), topic="forget")
    marks = barriers([request])
    for partition in range(PARTITIONS - 1):
        send_to(stack, "record", partition, marks[partition])
    wait_read(stack, "dedupe")
    assert not results(stack, request, "lethe.forget.resolved")
    send_to(stack, "record", PARTITIONS - 1, accepted(late, email=f"{n}@x"), marks[PARTITIONS - 1])
    [resolved] = wait_until(lambda: results(stack, request, "lethe.forget.resolved"), what="forget.resolved")
    assert sorted(resolved["records"]) == sorted([a, late])


def test_cancel_lifts_and_links_again(stack):
    n, request = name(), new_id()
    a, b = new_id(), new_id()
    send(stack, accepted(a, email=f"{n}@x"))
    wait_records(stack, [a])
    resolved = open_and_close(stack, request, records=[a])
    send(stack, accepted(b, email=f"{n}@x"))
    wait_records(stack, [b])
    assert person_of(stack, b) != person_of(stack, a)
    stack.send(forget("cancelled", request), topic="forget")
    wait_until(lambda: person_of(stack, b) == person_of(stack, a) == resolved["persons"][0], what="the lift")
    assert not resolve(stack, records=[a])[0]["restricted"]


def test_unknown_person(stack):
    n, request = name(), new_id()
    resolved = open_and_close(stack, request, keys=[key("email", f"{n}@x"), key("email-wide", f"{n}@x")])
    assert not resolved.get("persons") and not resolved.get("records") and not resolved.get("review", False)
    assert resolved["keys"] == [key("email", f"{n}@x")]


def test_shared_address_is_doubtful(stack):
    n, request = name(), new_id()
    a, b = new_id(), new_id()
    send(stack, accepted(a, email=f"{n}@x"), accepted(b, email=f"{n}@x"))
    wait_records(stack, [a, b])
    assert decide(stack, "different", [a], [b]).status_code == 200
    resolved = open_and_close(stack, request, keys=[key("email", f"{n}@x")])
    assert not resolved.get("persons") and resolved["review"]
    assert not resolved.get("keys")  # somebody holds it: no tombstone on it


def test_expiry_leaves_the_person(stack):
    n, request = name(), new_id()
    a, b = new_id(), new_id()
    send(stack, accepted(a, email=f"{n}@x"), accepted(b, email=f"{n}@x"))
    wait_records(stack, [a, b])
    person = person_of(stack, b)
    stack.send(forget("destroy", request, expiry=True, records=[a]), topic="forget")
    wait_until(lambda: results(stack, request), what="the answer")
    assert person_of(stack, a) is None and person_of(stack, b) == person
    wait_until(lambda: any(l["records"] == [b] for l in told(stack, "linked", person=person)), what="person.linked")


def test_resync(stack):
    n = name()
    a = new_id()
    send(stack, accepted(a, email=f"{n}@x"))
    wait_records(stack, [a])
    person = person_of(stack, a)
    before = wait_until(lambda: len(told(stack, "linked", person=person)))
    assert stack.internal("POST", "dedupe", "/internal/v1/resync").status_code in (200, 202)
    wait_until(lambda: len(told(stack, "linked", person=person)) > before, what="the person to be told again")
    assert len({l["rev"] for l in told(stack, "linked", person=person)}) == 1
