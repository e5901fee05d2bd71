"""retention on a real stack: clocks from the policy's rules, expiries, rehearsals, and its part of a forget."""
import signal
import uuid
from datetime import datetime, timezone
from pathlib import Path

import pytest
from internal_events import (accepted, activity_accepted, data_of, forget, key, new_id, part, pause, removed, wait_read)
from lethe_stack import event, wait_until


@pytest.fixture(scope="module", autouse=True)
def erasure_paused(stack):
    """Tests play its part."""
    resume = pause(stack, "erasure")
    yield
    resume()


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def clock(stack, table, identity):
    """(due_at, rule), once it is computed."""
    column = {"record": "record", "activity": "activity", "part": "part"}[table]
    ready = "true" if table == "part" else "computed > 0"
    found = stack.rows(f"SELECT due_at, rule FROM retention.{table} WHERE {column} = %s AND {ready}", (identity,))
    return found[0] if found else None


def wait_clock(stack, table, identity, due, rule):
    want = (utc(due), rule)
    wait_until(lambda: clock(stack, table, identity) == want,
               what=lambda: f"{want}, not {clock(stack, table, identity)}")


def linked(person, records, rev=1, keys=()):
    return event("lethe.person.linked", {"person": person, "rev": rev, "records": list(records), "keys": list(keys)},
                 key=person, source="lethe/dedupe")


def expiries(stack, identity):
    return data_of(stack, "retention", "lethe.retention.expired",
                   lambda d: identity in [*d.get("records", []), *d.get("activities", []), *d.get("parts", [])])


def results(stack, request):
    return data_of(stack, "forget.result", "lethe.forget.result",
                   lambda d: d["request"] == request and d["service"] == "retention")


def test_a_lead_expires_by_itself(stack):
    due, later = new_id(), new_id()
    stack.send(accepted(due, captured_at="2023-02-28T12:00:00Z"), accepted(later, captured_at="2026-10-01T00:00:00Z"),
               topic="record")
    wait_clock(stack, "record", due, "2025-02-28T12:00:00", "lead-24m")
    wait_clock(stack, "record", later, "2028-10-01T00:00:00", "lead-24m")
    [expired] = wait_until(lambda: expiries(stack, due), what="the expiry")
    assert expired["rule"] == "lead-24m" and not expiries(stack, later)

    # nobody carried it out: after an hour it is announced again, under the same name
    stack.rows("UPDATE retention.record SET announced_at = announced_at - interval '2 hours' WHERE record = %s", (due,))
    again = wait_until(lambda: expiries(stack, due)[1:], what="the second announcement")
    assert again[0]["expiry"] == expired["expiry"]

    stack.send(forget("destroy", expired["expiry"], expiry=True, records=[due]), topic="forget")
    [done] = wait_until(lambda: results(stack, expired["expiry"]), what="the answer")
    assert done["remaining"] == 0 and done["rows"] >= 1
    assert clock(stack, "record", due) is None
    stack.send(accepted(due, rev=9, captured_at="2023-02-28T12:00:00Z"), topic="record")  # late
    wait_read(stack, "retention")
    assert clock(stack, "record", due) is None


def test_a_wrong_clock_keeps_nothing_longer(stack):
    record = new_id()
    stack.send(accepted(record, captured_at="2999-01-01T00:00:00Z", created_at="2026-11-01T00:00:00Z"), topic="record")
    wait_clock(stack, "record", record, "2028-11-01T00:00:00", "lead-24m")


def test_newer_revision_and_removal(stack):
    record = new_id()
    stack.send(accepted(record, rev=2, captured_at="2026-06-01T00:00:00Z"), topic="record")
    wait_clock(stack, "record", record, "2028-06-01T00:00:00", "lead-24m")
    stack.send(accepted(record, rev=1, captured_at="2026-01-01T00:00:00Z"), topic="record")
    stack.send(accepted(record, rev=3, captured_at="2026-07-01T00:00:00Z"), topic="record")
    wait_clock(stack, "record", record, "2028-07-01T00:00:00", "lead-24m")
    stack.send(removed(record), topic="record")
    wait_until(lambda: clock(stack, "record", record) is None, what="the clock to go")


def test_last_use_of_the_person(stack):
    person, mail = new_id(), uuid.uuid4().hex
    customer, other, order, case = (new_id() for _ in range(4))
    stack.send(accepted(customer, category="customer", captured_at="2020-05-01T00:00:00Z"),
               accepted(other, category="lead", captured_at="2026-05-01T00:00:00Z", email=mail), topic="record")
    wait_clock(stack, "record", customer, "2024-01-01T00:00:00", "customer-3y")
    stack.send(linked(person, [customer, other], keys=[key("email", mail)]), topic="person")
    # an order of the other record, and a case of the address alone
    stack.send(activity_accepted(order, parts=[part(record=other)], occurred_at="2024-03-01T00:00:00Z"),
               topic="activity")
    wait_clock(stack, "record", customer, "2028-01-01T00:00:00", "customer-3y")
    stack.send(activity_accepted(case, parts=[part("from", keys=[key("email", mail)])], category="case",
                                 occurred_at="2025-03-01T00:00:00Z"), topic="activity")
    wait_clock(stack, "record", customer, "2029-01-01T00:00:00", "customer-3y")
    copied = activity_accepted(new_id(), parts=[part("cc", record=customer)], category="email",
                               occurred_at="2026-03-01T00:00:00Z")
    stack.send(copied, topic="activity")
    wait_until(lambda: clock(stack, "activity", copied["data"]["activity"]), what="the email")
    wait_clock(stack, "record", customer, "2029-01-01T00:00:00", "customer-3y")  # merely copied: no use
    stack.send(event("lethe.activity.removed", {"activity": case, "rev": 2, "reason": "deleted"}, key=case,
                     source="lethe/intake"), topic="activity")
    wait_clock(stack, "record", customer, "2028-01-01T00:00:00", "customer-3y")
    stack.send(linked(person, [customer], rev=2), topic="person")  # a split: the other was somebody else
    wait_clock(stack, "record", customer, "2024-01-01T00:00:00", "customer-3y")


def test_a_clock_is_computed_once_more_before_anything_ends_by_it(stack):
    """Two processes may take an activity and its record in at one moment, and neither touch the other's clock."""
    customer, order = new_id(), new_id()
    stack.send(accepted(customer, category="customer", captured_at="2018-05-01T00:00:00Z"), topic="record")
    stack.send(activity_accepted(order, parts=[part(record=customer)], occurred_at="2026-03-01T00:00:00Z"), topic="activity")
    wait_clock(stack, "record", customer, "2030-01-01T00:00:00", "customer-3y")
    # as such a moment would have left it, long ago: computed without the order, and due now
    stack.rows("UPDATE retention.record SET due_at = '2022-01-01', computed_at = '2018-05-01' WHERE record = %s", (customer,))
    wait_clock(stack, "record", customer, "2030-01-01T00:00:00", "customer-3y")
    wait_read(stack, "retention")
    assert not expiries(stack, customer)


def test_activities_and_their_parts(stack):
    order, email, sender, copied = (new_id() for _ in range(4))
    stack.send(activity_accepted(order, parts=[part()], occurred_at="2026-10-02T00:00:00Z",
                                 warranty_until="2040-06-30T00:00:00Z", invoice_date="2026-10-05T00:00:00Z"),
               activity_accepted(email, parts=[part("from", identity=sender), part("cc", identity=copied)],
                                 category="email", occurred_at="2026-01-10T00:00:00Z"), topic="activity")
    wait_clock(stack, "activity", order, "2040-12-30T00:00:00", "warranty")
    wait_clock(stack, "activity", email, "2029-01-01T00:00:00", "email-2y")
    wait_clock(stack, "part", sender, "2029-01-01T00:00:00", "email-2y")
    wait_clock(stack, "part", copied, "2026-07-10T00:00:00", "email-cc-6m")
    [expired] = wait_until(lambda: expiries(stack, copied), what="the copied person's part")
    assert copied in expired["parts"] and email not in expired.get("activities", [])
    stack.send(forget("destroy", expired["expiry"], expiry=True, parts=[copied]), topic="forget")
    wait_until(lambda: clock(stack, "part", copied) is None, what="the part to go")
    assert clock(stack, "part", sender) and clock(stack, "activity", email)
    # a revision without the sender: its part goes, and with it its clock
    stack.send(activity_accepted(email, rev=2, parts=[part("to")], category="email",
                                 occurred_at="2026-01-10T00:00:00Z"), topic="activity")
    wait_until(lambda: clock(stack, "part", sender) is None, what="the old part to go")


def test_forget(stack):
    person, request, mail = new_id(), new_id(), uuid.uuid4().hex
    record, order, case, own, by_mail, neighbours = (new_id() for _ in range(6))
    stack.send(accepted(record, email=mail), topic="record")
    stack.send(linked(person, [record], keys=[key("email", mail)]), topic="person")
    stack.send(activity_accepted(order, parts=[part(record=record, identity=own)]),
               activity_accepted(case, category="case", parts=[part("from", keys=[key("email", mail)], identity=by_mail),
                                                               part("cc", keys=[key("email", "n" + mail)],
                                                                    identity=neighbours)]), topic="activity")
    wait_until(lambda: clock(stack, "record", record) and clock(stack, "part", own) and clock(stack, "part", by_mail)
               and stack.rows("SELECT 1 FROM retention.member WHERE person = %s", (person,)), what="clocks")
    stack.send(forget("destroy", request, persons=[person], records=[record], keys=[key("email", mail)]),
               topic="forget")
    [done] = wait_until(lambda: results(stack, request), what="the answer")
    assert done["remaining"] == 0
    assert not clock(stack, "record", record) and not clock(stack, "part", own) and not clock(stack, "part", by_mail)
    assert clock(stack, "part", neighbours) and clock(stack, "activity", case)
    stack.send(linked(person, [record], rev=7, keys=[key("email", mail)]), topic="person")  # late
    stack.send(accepted(record, rev=7, email=mail), topic="record")
    stack.send(forget("verify", request), topic="forget")
    wait_until(lambda: [r for r in results(stack, request) if r["phase"] == "verify" and r["remaining"] == 0],
               what="the second look")
    wait_read(stack, "retention")
    for table in ("record", "member", "person", "person_key", "part", "part_key"):
        rows = str(stack.rows(f"SELECT * FROM retention.{table}"))
        for trace in (person, record, own, by_mail):
            assert repr(uuid.UUID(trace)) not in rows, table
        assert str(bytes.fromhex(key("email", mail)["hash"])) not in rows, table


def rehearse(stack, at):
    answer = stack.internal("POST", "retention", "/internal/v1/rehearsals", {"at": at})
    assert answer.status_code == 200, answer.text
    return answer.json()


def count(rehearsal, **want):
    return sum(row["n"] for row in rehearsal["expire"] if all(row.get(k) == v for k, v in want.items()))


def test_rehearsal(stack):
    lead = dict(kind="record", category="lead", rule="lead-24m")
    before = count(rehearse(stack, "2027-06-01T00:00:00Z"), **lead)
    earlier = count(rehearse(stack, "2027-05-30T00:00:00Z"), **lead)
    records = [new_id() for _ in range(3)]
    stack.send([accepted(r, captured_at="2025-05-31T00:00:00Z") for r in records], topic="record")
    wait_until(lambda: all(clock(stack, "record", r) for r in records), what="clocks")
    assert count(rehearse(stack, "2027-06-01T00:00:00Z"), **lead) == before + 3
    assert count(rehearse(stack, "2027-05-30T00:00:00Z"), **lead) == earlier
    by_query = stack.internal("GET", "retention", "/internal/v1/rehearsals?at=2027-06-01T00:00:00Z").json()
    assert count(by_query, **lead) == before + 3
    assert stack.internal("POST", "retention", "/internal/v1/rehearsals", {"at": "2027-02-30T00:00:00Z"}).status_code \
        == 422
    unnamed = new_id()
    stack.send(accepted(unnamed, category="of-an-older-policy"), topic="record")
    wait_until(lambda: clock(stack, "record", unnamed) == (None, None), what="a clock without an end")
    assert {"kind": "record", "category": "of-an-older-policy"}.items() <= \
        rehearse(stack, "2027-06-01T00:00:00Z")["endless"][0].items() or \
        any(r["category"] == "of-an-older-policy" for r in rehearse(stack, "2027-06-01T00:00:00Z")["endless"])


def test_a_rehearsal_s_numbers_are_what_then_expires(stack):
    """Kind by kind, category by category, rule by rule: rehearsed for a day to come, then, that day, announced."""
    day = "2031-01-01T00:00:00Z"

    def rehearsed():
        told = rehearse(stack, day)
        assert not told["to_compute"]
        return {(r["kind"], r["category"], r["rule"]): r["n"] for r in told["expire"]}

    wait_until(lambda: not rehearse(stack, day)["to_compute"], what="all clocks")
    before = rehearsed()
    person, lead, late_lead, customer, order, email, case = (new_id() for _ in range(7))
    parts = {name: new_id() for name in ("customer", "from", "cc", "mentioned", "staff", "case")}
    stack.send(linked(person, [customer]), topic="person")
    stack.send(activity_accepted(order, parts=[part(identity=parts["customer"])], occurred_at="2022-02-01T00:00:00Z"),
               activity_accepted(email, parts=[part(role, identity=parts[role]) for role in ("from", "cc", "mentioned")]
                                 + [part("to", staff=True, identity=parts["staff"])], category="email",
                                 occurred_at="2028-05-05T00:00:00Z"),
               activity_accepted(case, parts=[part("from", record=customer, identity=parts["case"])], category="case",
                                 occurred_at="2027-02-01T00:00:00Z"), topic="activity")
    wait_until(lambda: all(clock(stack, "activity", a) for a in (order, email, case))
               and stack.rows("SELECT 1 FROM retention.member WHERE person = %s", (person,)), what="clocks")
    stack.send(accepted(lead, captured_at="2028-06-01T00:00:00Z"), accepted(late_lead, captured_at="2029-06-01T00:00:00Z"),
               accepted(customer, category="customer", captured_at="2020-06-01T00:00:00Z"), topic="record")
    mine = [lead, late_lead, customer, order, email, case, *parts.values()]
    wait_until(lambda: all(clock(stack, "record", r) for r in (lead, late_lead, customer))
               and not rehearse(stack, day)["to_compute"], what="clocks")
    wait_clock(stack, "record", customer, "2031-01-01T00:00:00", "customer-3y")  # by the case of 2027
    after = rehearsed()
    want = {what: n - before.get(what, 0) for what, n in after.items() if n != before.get(what, 0)}
    assert want == {("record", "lead", "lead-24m"): 1, ("record", "customer", "customer-3y"): 1,
                    ("activity", "order", "invoice-8y"): 1, ("part", "order", "invoice-8y"): 1,
                    ("activity", "email", "email-2y"): 1, ("part", "email", "email-2y"): 1,
                    ("part", "email", "email-cc-6m"): 2, ("part", "email", "email-staff-2y"): 1}

    # that day comes for these: their ends move as far back as the day lies ahead, and have been looked at once more then
    ahead = "(%s::timestamptz - now())"
    for table, also in (("record", ", computed_at = now()"), ("activity", ""), ("part", "")):
        stack.rows(f"UPDATE retention.{table} SET due_at = due_at - {ahead}{also} WHERE {table} = ANY (%s::uuid[])", (day, mine))
    found = wait_until(lambda: (lambda all_: all_ if len(all_) >= sum(want.values()) else None)(
        [(kind, e["rule"], identity) for e in data_of(stack, "retention", "lethe.retention.expired")
         for kind, name in (("record", "records"), ("activity", "activities"), ("part", "parts"))
         for identity in e.get(name, []) if identity in mine]), what="the expiries")
    told = {}
    for kind, rule, identity in found:
        category = ("lead" if identity == lead else "customer" if identity == customer else
                    "order" if identity in (order, parts["customer"]) else "email")
        told[kind, category, rule] = told.get((kind, category, rule), 0) + 1
    assert told == want


def test_who_asks_and_when_are_optional(stack):
    assert stack.internal("POST", "retention", "/internal/v1/rehearsals").status_code == 200
    now = stack.internal("POST", "retention", "/internal/v1/rehearsals", {"operator": new_id()}).json()
    assert abs((datetime.fromisoformat(now["at"].replace("Z", "+00:00")) - datetime.now(timezone.utc)).total_seconds()) < 60
    assert stack.internal("POST", "retention", "/internal/v1/rehearsals", {"when": "2027-01-01"}).status_code == 422


def test_a_new_policy_sets_all_clocks_anew(stack):
    lead, email, copied = new_id(), new_id(), new_id()
    stack.send(accepted(lead, captured_at="2026-06-01T00:00:00Z"), topic="record")
    stack.send(activity_accepted(email, parts=[part("cc", identity=copied)], category="email",
                                 occurred_at="2026-09-10T00:00:00Z"), topic="activity")
    wait_clock(stack, "record", lead, "2028-06-01T00:00:00", "lead-24m")
    wait_clock(stack, "part", copied, "2027-03-10T00:00:00", "email-cc-6m")
    path = Path(stack.env["LETHE_POLICY"])
    policy = path.read_text(encoding="utf-8")
    try:
        path.write_text(policy.replace("id: lead-24m, keep: P24M", "id: lead-30m, keep: P30M")
                        .replace("id: email-cc-6m, keep: P6M", "id: email-cc-1y, keep: P12M"), encoding="utf-8")
        stack.kill("retention", signal.SIGHUP)
        wait_clock(stack, "record", lead, "2028-12-01T00:00:00", "lead-30m")
        wait_clock(stack, "part", copied, "2027-09-10T00:00:00", "email-cc-1y")
    finally:
        path.write_text(policy, encoding="utf-8")
        stack.kill("retention", signal.SIGHUP)
    wait_clock(stack, "record", lead, "2028-06-01T00:00:00", "lead-24m")
