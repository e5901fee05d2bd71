"""Races against a forget, row by row: each ends as if one of the two had come first, and never half.

No row hopes for its moment. What races is let go at one instant by threads behind a barrier, or at the very look at which the
forget is seen to be under way; each test asks afterwards whether the two did meet, where that isn't certain by itself."""
import itertools
import json
import os
import random
import signal
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from forgetting import (all_services_done, keys_without_rows, names_in, open_requests, tables_naming, tasks, wait_completed)
from internal_events import data_of
from lethe_stack import SERVICES, contact, event, wait_until
from outside_holder import stamp


def name():
    return uuid.uuid4().hex[:10]


class Person:
    """Somebody with a lead of the CRM; whoever else they turn out to be comes with it."""

    def __init__(self, **fields):
        self.lead, self.email = f"L-{name()}", f"{name()}@race.example"
        self.fields = {"family_name": f"Renner{name()}", **fields}
        self.record = self.person = self.request = None

    def says(self, version=1, *, record_id=None, **more):
        return contact(record_id or self.lead, version, **{"act": "staff", "email": self.email, **self.fields, **more})

    def named(self):
        return {"record": {"system": "dynamics", "id": self.lead}}


def say(stack, service, path, body=None, method="POST"):
    """The answer; 503 says "again", as it does on each connection that PostgreSQL's restart has cost."""
    call = stack.admin if service == "admin" else lambda m, p, b: stack.internal(m, service, f"/internal/v1{p}", b)
    return wait_until(lambda: [a for a in [call(method, path, body)] if a.status_code != 503], 30, f"{service} to answer")[0]


def opened(stack, records):
    """{record's id: its fields}, as whoever carries out requests sees them."""
    answer = say(stack, "intake", "/records", {"records": records, "fields": True, "reason": "request",
                                               "actor": str(uuid.uuid4())})
    assert answer.status_code == 200, answer.text
    return {r["record"]: r.get("fields", {}) for r in answer.json()["records"]}


def arrive(stack, people):
    """They are known, each with the ids of their record and of who they are."""
    stack.send([p.says() for p in people])
    stack.wait_drained(60)
    persons = dict(stack.rows("SELECT record::text, person::text FROM dedupe.record"))
    found = {fields.get("email"): record for record, fields in opened(stack, list(persons)).items()}
    for p in people:
        p.record = found[p.email]
        p.person = persons[p.record]
    return people


# ---- at once -----------------------------------------------------------------------------------------------------------
def together(*calls):
    """What each gives back; all begin at the same instant."""
    gate = threading.Barrier(len(calls))

    def one(call):
        gate.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def asks(stack, subject):
    """A call by which an operator of its own asks for a forget; gives back the request's id."""
    number, operator = str(uuid.uuid4()), str(uuid.uuid4())

    def call():
        answer = say(stack, "erasure", "/requests", {"id": number, "kind": "forget", "subject": subject, "operator": operator,
                                                     "requester": {"relation": "self"}})
        assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
        return answer.json()["id"]
    return call


def reviews(stack, decision, one, other):
    """A call by which an operator says that two records are the same person or two; gives back the status."""
    return lambda: say(stack, "dedupe", "/reviews", {"decision": decision, "by": str(uuid.uuid4()), "reason": "seen",
                                                     "records": [one.record], "others": [other.record]}).status_code


# ---- what became of them -------------------------------------------------------------------------------------------------
HOLDERS = (("vault.record", "record_id", False), ("keyring.key", "key_id", True), ("dedupe.record", "record", False),
           ("retention.record", "record", False), ("consent.person_record", "record", False))


def fates(stack, people):
    """{lead: "whole", "gone", or who still holds what of a record that is neither}"""
    records, held = [p.record for p in people], {}
    for table, column, keyring in HOLDERS:
        held[table] = {str(r) for r, in stack.rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} = ANY(%s::uuid[])",
                                                   (records,), keyring=keyring)}
    return {p.lead: fate([table for table, known in held.items() if p.record in known]) for p in people}


def fate(tables):
    return "gone" if not tables else "whole" if len(tables) == len(HOLDERS) else tables


def all_are(what, people):
    return {p.lead: what for p in people}


STONES = " UNION ALL ".join([f"SELECT '{schema}.{table}' FROM {schema}.{table} WHERE request = ANY(%(requests)s::uuid[])"
                             for schema in SERVICES for table in ("tombstone_key", "tombstone_id")])


def stones(stack, *requests):
    """Where tombstones of these requests stand, or what restricts in their name."""
    return {table for table, in stack.rows(STONES, {"requests": list(requests)})}


VERSIONS = itertools.count(1000)


def assert_whole(stack, people):
    """Read, not restricted, and what their source says of them is taken as ever."""
    city = name()
    stack.send([p.says(next(VERSIONS), change="patch", city=city) for p in people])
    stack.wait_drained(60)
    assert fates(stack, people) == all_are("whole", people)
    told = opened(stack, [p.record for p in people])
    assert {p.lead: (told[p.record].get("email"), told[p.record].get("city")) for p in people} == \
        {p.lead: (p.email, city) for p in people}
    persons = say(stack, "dedupe", "/resolve", {"records": [p.record for p in people]}).json()["persons"]
    assert len(persons) == len(people) and not any(p["restricted"] for p in persons)


def merged_away(stack):
    """Persons that are no more since they were merged: their ids, as dedupe told them. consent and retention keep id and
    revision, so that a late event begins nobody."""
    return {told["person"] for told in data_of(stack, "person", "lethe.person.merged")}


def assert_gone(stack, people, *living):
    """No row, no key, no table that names what was ever told of them alone (`living`: records of others who share some of it);
    and what their source goes on to say is refused."""
    stack.send([p.says(next(VERSIONS)) for p in people])
    stack.wait_drained(60)
    assert fates(stack, people) == all_are("gone", people)
    assert keys_without_rows(stack) == 0
    theirs, shared, records = {p.person for p in people}, merged_away(stack), {p.record for p in people}
    shared |= {person for person, in stack.rows("SELECT person::text FROM dedupe.record WHERE record = ANY(%s::uuid[])",
                                                (list(living),))}
    for told in data_of(stack, "record", "lethe.record.accepted", lambda d: d["record"] in records.union(living)):
        (theirs if told["record"] in records else shared).update(names_in(json.dumps(told)))
    names = {n.replace("-", "") for n in theirs} - {n.replace("-", "") for n in shared}
    assert tables_naming(stack, names) == {}


def assert_carried_out(stack, requests):
    for number in requests:
        assert all_services_done(stack, number), tasks(stack, number)
        assert say(stack, "admin", f"/requests/{number}/certificate", method="GET").status_code == 200


@pytest.fixture(scope="module", name="stayer")
def who_stays(stack):
    return arrive(stack, [Person()])[0]


@pytest.fixture(autouse=True)
def nobody_else_is_hit(stack, stayer):
    yield
    assert_whole(stack, [stayer])


# ---- the rows --------------------------------------------------------------------------------------------------------------
def test_two_operators_forget_one_person_at_once(stack, stayer):
    """By the same name and by another. Met: the second was open before the first destroyed anything."""
    people = arrive(stack, [Person() for _ in range(6)])
    subjects = [subject for number, p in enumerate(people)
                for subject in ({"email": p.email}, {"email": p.email} if number % 2 else p.named())]
    requests = together(*[asks(stack, subject) for subject in subjects])
    assert len(set(requests)) == 12
    wait_completed(stack, requests)
    met = [stack.value("SELECT max(opened_at) < min(destroy_at) FROM erasure.request WHERE id = ANY(%s::uuid[])", (list(pair),))
           for pair in zip(requests[::2], requests[1::2])]
    assert any(met), "no pair was ever under way together"
    assert_carried_out(stack, requests)
    assert_gone(stack, people, stayer.record)


def test_a_person_is_forgotten_and_split(stack, stayer):
    """One person of two addresses, linked by phone and surname; an operator says that they are two. Split first: the one who
    asked goes and the other stays whole. Too late: both go. Some splits begin with the request, some once it restricts."""
    asking, others = [], []
    for _ in range(6):
        asking.append(Person(phone=f"+49151{random.randrange(10**7, 10**8)}"))
        others.append(Person(**asking[-1].fields))
    arrive(stack, asking + others)
    assert all(a.person == o.person for a, o in zip(asking, others))
    answers = []
    for number, (one, other) in enumerate(zip(asking, others)):
        split, ask = reviews(stack, "different", one, other), asks(stack, {"email": one.email})
        if number % 2:
            one.request, answer = together(ask, split)
        else:
            one.request = ask()
            wait_until(lambda p=one: stones(stack, p.request), 30, "the restriction")
            answer = split()
        answers.append(answer)
    wait_completed(stack, [p.request for p in asking])
    stack.wait_drained(60)
    assert set(answers) <= {200, 404, 409} and 200 in answers and set(answers) != {200}, answers
    apart = [o for o, answer in zip(others, answers) if answer == 200]
    assert_whole(stack, apart)
    assert_carried_out(stack, [p.request for p in asking])
    assert_gone(stack, asking, stayer.record, *[o.record for o in apart])
    together_still = [o for o in others if o not in apart]
    assert fates(stack, together_still) == all_are("gone", together_still)


def merges(stack, one, other):
    """A call by which their source says that the two are one person."""
    said = event("lethe.contact.merged", {"system": "dynamics", "survivor": one.lead, "losers": [other.lead],
                                          "version": next(VERSIONS)}, key=f"dynamics/{one.lead}")
    return lambda: stack.send(said)


def test_a_person_is_forgotten_and_merged(stack, stayer):
    """With somebody else, by their source or by an operator. Merged in time: both are the person and go. Else the other stays
    whole. A third of the merges are on their way before the request, a third begin with it, a third come once it restricts.
    Seen once to fail: dedupe told that two had been merged, and one of them was whole after the forget."""
    asking, others, answers = [Person() for _ in range(9)], [Person() for _ in range(9)], {}
    arrive(stack, asking + others)
    for number, (one, other) in enumerate(zip(asking, others)):
        ask = asks(stack, {"email": one.email})
        join = reviews(stack, "same", one, other) if number // 3 == 1 else merges(stack, one, other)
        if number % 3 == 0:
            answers[other] = join()
            one.request = ask()
        elif number % 3 == 1:
            one.request, answers[other] = together(ask, join)
        else:
            one.request = ask()
            wait_until(lambda p=one: stones(stack, p.request), 30, "the restriction")
            answers[other] = join()
    wait_completed(stack, [p.request for p in asking])
    stack.wait_drained(60)
    became = fates(stack, others)
    joined, apart = ([o for o in others if became[o.lead] == what] for what in ("gone", "whole"))
    assert len(joined) + len(apart) == len(others), became
    assert joined and apart, "none came in time, or all"
    merged = merged_away(stack)
    assert {o.lead for o in joined} == {o.lead for one, o in zip(asking, others) if {one.person, o.person} & merged}
    assert all(answer is None or (answer == 200) == (o in joined) for o, answer in answers.items()), "an operator was told wrongly"
    assert_whole(stack, apart)
    assert_carried_out(stack, [p.request for p in asking])
    assert_gone(stack, asking + joined, stayer.record)


@pytest.mark.durable
@pytest.mark.parametrize("seen", ["taken", "running"])
def test_people_are_forgotten_while_postgresql_restarts(stack, stayer, seen):
    """An immediate stop, which is a crash: at the moment the requests are taken, and at the moment the first one destroys. Met:
    some weren't completed when it was up again."""
    people = arrive(stack, [Person() for _ in range(8)])
    with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as pg:
        requests = together(*[asks(stack, {"email": p.email}) for p in people])
        wait_until(lambda: seen == "taken" or pg.execute(
            "SELECT 1 FROM erasure.request WHERE id = ANY(%s::uuid[]) AND status IN ('running', 'completed')",
            (requests,)).fetchall(), 30, "the first to be destroyed")
        os.kill(stack.pid("postgres"), signal.SIGQUIT)
    stack.wait_dead("postgres")
    stack.start("postgres")
    assert open_requests(stack, requests), "all were over before it stopped"
    wait_completed(stack, requests)
    assert_carried_out(stack, requests)
    assert_gone(stack, people, stayer.record)


def test_a_new_version_comes_while_its_person_is_forgotten(stack, stayer):
    """Full events, each with another address, before the request, with it, and on until it is over. Met: of each person
    some version was taken, and of some one was refused since the request was under way."""
    people, versions = arrive(stack, [Person() for _ in range(6)]), itertools.count(2)

    def rectify():
        version = next(versions)
        stack.send([p.says(version, email=f"{version}.{p.email}", city=f"City {version}") for p in people])

    rectify()
    *requests, _ = together(*[asks(stack, p.named()) for p in people], rectify)
    while open_requests(stack, requests):
        rectify()
    stack.wait_drained(60)
    accepted = [told["record"] for told in data_of(stack, "record", "lethe.record.accepted")]
    refused = {told.get("request") for told in data_of(stack, "contacts.refused", "lethe.contact.refused",
                                                       lambda d: d["rule"] == "restricted")}
    assert all(accepted.count(p.record) > 1 for p in people) and refused & set(requests), "the forgets met no new version"
    assert_carried_out(stack, requests)
    assert_gone(stack, people, stayer.record)
    for version in range(2, next(versions)):
        for p in people:
            found = say(stack, "admin", "/subjects/search", {"email": f"{version}.{p.email}"}).json()
            assert not found["persons"], (version, found)


def test_who_was_just_forgotten_comes_again_by_an_act_of_their_own(stack, stayer):
    """At the very look at which the forget is seen to be completed, some services have yet to hear that it is. A new person
    begins, under the shop's old number or a new one, and stays; what the CRM still has of the old one is refused as ever."""
    people = arrive(stack, [Person() for _ in range(6)])
    numbers = {p: f"S-{name()}" for p in people}
    stack.send([p.says(system="shop", record_id=numbers[p], category="customer") for p in people[::2]])
    stack.wait_drained(60)
    for p, number in zip(people, together(*[asks(stack, {"email": p.email}) for p in people])):
        p.request = number
    waiting = list(people)
    while waiting:
        still = {number for number, _ in open_requests(stack, [p.request for p in waiting])}
        for p in [p for p in waiting if p.request not in still]:
            waiting.remove(p)
            stack.send(p.says(2, system="shop", record_id=numbers[p], category="customer", act="subject", captured_at=stamp()))
    stack.wait_drained(60)
    assert_carried_out(stack, [p.request for p in people])
    anew = {fields.get("email"): record for record, fields in
            opened(stack, [r for r, in stack.rows("SELECT record::text FROM dedupe.record")]).items()}
    assert_gone(stack, people, stayer.record, *anew.values())
    for p in people:
        p.record = anew[p.email]
        [person] = say(stack, "admin", "/subjects/search", {"email": p.email}).json()["persons"]
        assert person["person"] != p.person and not person["restricted"]
    assert fates(stack, people) == all_are("whole", people)


@pytest.fixture
def hold(stack):
    """A second in which a forget can be cancelled."""
    policy = stack.home / "policy.yaml"
    text = policy.read_text(encoding="utf-8")

    def take(words):
        before = stack.value("SELECT max(version) FROM erasure.policy_row")
        policy.write_text(words, encoding="utf-8")
        stack.kill("erasure", signal.SIGHUP)
        wait_until(lambda: stack.value("SELECT max(version) FROM erasure.policy_row") > before, 30, "the policy to be in force")

    take(text.replace("hold: PT0S", "hold: PT1S"))
    yield
    take(text + "\n")


def test_a_forget_is_cancelled_at_the_edge(stack, stayer, hold):  # pylint: disable=unused-argument,redefined-outer-name
    """Cancelled and whole, or carried out and gone. Holds end one after the other; at the look at which the first is seen to
    be over, all are cancelled at once, the last ones first. Met: some were cancelled, some not; else once more with others."""
    cancelled, late = [], []
    for _ in range(5):
        people = arrive(stack, [Person() for _ in range(16)])
        for p, number in zip(people, together(*[asks(stack, {"email": p.email}) for p in people])):
            p.request = number
        numbers = [p.request for p in people]
        with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as pg:
            order = {str(n): at for n, at in pg.execute("SELECT id, hold_until FROM erasure.request WHERE id = ANY(%s::uuid[])",
                                                        (numbers,)).fetchall()}
            wait_until(lambda: pg.execute("SELECT count(*) FROM erasure.request WHERE id = ANY(%s::uuid[]) AND "
                                          "status = 'restricted'", (numbers,)).fetchone() == (16,), 30, "all to be restricted")
            while not pg.execute("SELECT 1 FROM erasure.request WHERE id = ANY(%s::uuid[]) AND status <> 'restricted' LIMIT 1",
                                 (numbers,)).fetchall():
                pass
        people.sort(key=lambda p: order[p.request], reverse=True)
        answers = together(*[lambda p=p: say(stack, "erasure", f"/requests/{p.request}/cancel",
                                             {"operator": str(uuid.uuid4())}).status_code for p in people])
        assert set(answers) <= {200, 409}, answers
        cancelled += [p for p, answer in zip(people, answers) if answer == 200]
        late += [p for p, answer in zip(people, answers) if answer == 409]
        if cancelled and late:
            break
    assert cancelled and late, f"{len(cancelled)} cancelled, {len(late)} too late: the edge was never met"
    wait_completed(stack, [p.request for p in late])
    stack.wait_drained(60)
    assert {stack.value("SELECT status FROM erasure.request WHERE id = %s", (p.request,)) for p in cancelled} == {"cancelled"}
    assert stones(stack, *[p.request for p in cancelled]) == set(), "a cancelled one restricts"
    assert_whole(stack, cancelled)
    assert_carried_out(stack, [p.request for p in late])
    assert_gone(stack, late, stayer.record)
