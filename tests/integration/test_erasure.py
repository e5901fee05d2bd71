"""erasure on a real stack: who is told what, who is believed, what waits for humans, and what is never lost."""
import time
import uuid

import confluent_kafka
import pytest
from forgetting import ask, request, tasks, wait_completed
from internal_events import new_id
from lethe_stack import SERVICES, contact, event, mail_text, wait_until
from outside_holder import Crm, stamp


def address():
    return f"{uuid.uuid4().hex[:12]}@canary.example"


def name():
    return uuid.uuid4().hex[:10]


@pytest.fixture(scope="module", name="crm")
def the_crm(stack):
    holder = Crm(stack, "crm", system="dynamics", categories=["customer"])
    yield holder
    holder.close()


@pytest.fixture(autouse=True)
def patient(crm):
    """Each test begins with a CRM that does what it is told."""
    crm.answers = lambda instruction: {"outcome": "done"}


def erasure(stack, method, path, body=None, status=200):
    answer = stack.internal(method, "erasure", f"/internal/v1{path}", body)
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    return answer.json()


def operator():
    return str(uuid.uuid4())


def known(stack, email, *records, **fields):
    """Records of one address, linked: {their ids at the source: ids here}."""
    before = {row for row, in stack.rows("SELECT record FROM dedupe.record")}
    found = {}
    for record in records:
        stack.send(contact(record, email=email, family_name="Probe", **fields))

        def fresh():
            rows = [row for row, in stack.rows("SELECT record FROM dedupe.record") if row not in before]
            return rows
        [found[record]] = wait_until(fresh, 60, f"the record {record}")
        before.add(found[record])
    return {record: str(number) for record, number in found.items()}


def shown_task(stack, number, holder="crm"):
    return next(h for h in request(stack, number)["holders"] if h["name"] == holder)


def wait_task(stack, number, what, holder="crm", timeout=60):
    return wait_until(lambda: what(shown_task(stack, number, holder)) and shown_task(stack, number, holder), timeout,
                      lambda: f"the task {shown_task(stack, number, holder)}")


def tell_refused(stack, number, kind="lethe.contact.recorded", sent_at=None):
    data = {"rule": "forgotten", "request": number, "system": "dynamics", "event_type": kind, "at": stamp()}
    if sent_at is not None:
        data["sent_at"] = stamp(sent_at)
    stack.send(event("lethe.contact.refused", data, key=new_id(), source="lethe/intake"), topic="contacts.refused")
    wait_until(lambda: not [b for b in stack.behind() if "erasure" in b], 60, "erasure to have read it")


# ---- who is told what --------------------------------------------------------------------------------------------------
def test_an_expiry_tells_the_records_own_ids_and_nothing_of_the_person(stack, crm):
    email, lead, other = address(), f"L-{name()}", f"L-{name()}"
    ids = known(stack, email, lead, other, phone="+49 30 1234567")
    expiry = new_id()
    stack.send(event("lethe.retention.expired", {"expiry": expiry, "records": [ids[lead]], "rule": "lead-24m",
                                                 "at": stamp()}, key=expiry, source="lethe/retention"), topic="retention")
    [told] = crm.wait_told(expiry)
    assert told["identifiers"] == [{"kind": "source", "system": "dynamics", "value": lead}]
    wait_completed(stack, [expiry])
    assert stack.rows("SELECT 1 FROM vault.record WHERE record_id = %s", (ids[other],)), "the living are left alone"


def doubtful(stack):
    """Two people of one mailbox: what an email can't tell apart."""
    email, mine, theirs = address(), f"L-{name()}", f"L-{name()}"
    ids = known(stack, email, mine, theirs)
    answer = stack.internal("POST", "dedupe", "/internal/v1/reviews", {
        "decision": "different", "by": operator(), "reason": "seen", "records": [ids[mine]], "others": [ids[theirs]]})
    assert answer.status_code == 200, answer.text
    return email, mine, theirs, ids


def waits_for(stack, number, what):
    return wait_until(lambda: request(stack, number).get("waits_for") == what and request(stack, number), 60,
                      lambda: f"a request that waits for {what}: {request(stack, number)}")


def test_a_doubtful_subject_waits_for_a_human_who_names_it(stack, crm):
    email, mine, theirs, ids = doubtful(stack)
    number = ask(stack, {"email": email}, requester={"reply_to": email})
    shown = waits_for(stack, number, "subject")
    assert shown["status"] == "open" and shown["review"] and "decision" not in shown
    assert not stack.rows("SELECT 1 FROM erasure.task WHERE request = %s AND status <> 'waiting'", (number,))
    erasure(stack, "POST", f"/requests/{number}/subject", {"operator": operator()}, 422)
    named = erasure(stack, "POST", f"/requests/{number}/subject", {
        "operator": operator(), "record": {"system": "dynamics", "id": mine}, "reason": "the letter says so"})["id"]
    assert named != number
    old, new = request(stack, number), request(stack, named)
    assert old["status"] == "cancelled" and old["successor"] == named and new["restates"] == number
    assert new["received_at"] == old["received_at"]
    wait_completed(stack, [named])
    assert not stack.rows("SELECT 1 FROM vault.record WHERE record_id = %s", (ids[mine],))
    assert stack.rows("SELECT 1 FROM vault.record WHERE record_id = %s", (ids[theirs],)), "the other person stays"
    [told] = crm.about(named)
    assert told["identifiers"] == [{"kind": "source", "system": "dynamics", "value": mine}], "not what both have"
    stack.wait_mail(email, match=named)
    assert stack.internal("POST", "erasure", f"/internal/v1/requests/{named}/subject",
                          {"person": new_id()}).status_code == 409


def test_a_doubtful_subject_can_be_rejected(stack):
    email, *_ = doubtful(stack)
    number = ask(stack, {"email": email}, requester={"reply_to": email})
    waits_for(stack, number, "subject")
    erasure(stack, "POST", f"/requests/{number}/reject", {
        "operator": operator(), "decision": "not-identified", "reason": "two people write from that mailbox"})
    shown = request(stack, number)
    assert (shown["status"], shown["decision"]) == ("completed", "not-identified")
    assert "two people write from that mailbox" in mail_text(stack.wait_mail(email)[1])


def test_what_the_contact_gave_is_not_told_where_others_share_it(stack, crm):
    email, mine, _, _ = doubtful(stack)
    number = ask(stack, {"record": {"system": "dynamics", "id": mine}})
    [told] = crm.wait_told(number)
    assert email not in str(told["identifiers"]) and mine in str(told["identifiers"])
    wait_completed(stack, [number])


def test_a_phone_is_told_where_it_is_theirs_alone(own_stack):
    """The help desk knows people by phone: it hears the number that one person alone has, never a household's."""
    stack = own_stack.up()
    desk = Crm(stack, "desk", system="helpdesk", identifiers=["phone"])
    email, other, ids = address(), address(), [name() for _ in range(4)]
    own, household, nobodys = "+49 1512 2541020", "+49 1512 8462791", "+49 1512 8462792"
    try:
        stack.send(contact(ids[0], email=email, family_name="Einzig", phone=own),
                   contact(ids[1], system="shop", category="customer", email=email, family_name="Einzig", phone=household),
                   contact(ids[2], email=other, family_name="Mitbewohner", phone=household))
        wait_until(lambda: found(stack, email) and found(stack, other), 60, "them to be known")
        wait_until(lambda: len(found(stack, email)["records"]) == 2, 60, "two records to be one person")
        unknown = ask(stack, {"phone": nobodys})
        wait_task(stack, unknown, lambda t: t["status"] == "human", "desk")
        assert not desk.about(unknown), "a number that nobody here has may be anybody's"
        number = ask(stack, {"email": email})
        [told] = desk.wait_told(number)
        assert told["identifiers"] == [{"kind": "phone", "value": own}]
        wait_completed(stack, [number])
        neighbour = ask(stack, {"phone": household})  # one person's alone by now
        [told] = desk.wait_told(neighbour)
        assert told["identifiers"] == [{"kind": "phone", "value": household}]
        wait_completed(stack, [neighbour])
        assert not found(stack, other)
        # numbers pass on: whoever has it next is not refused
        stack.send(contact(ids[3], act="staff", email=f"n{other}", family_name="Nachmieter", phone=own))
        wait_until(lambda: found(stack, f"n{other}"), 60, "the number's next owner to be taken")
    finally:
        desk.close()


def found(stack, email):
    """The person of that address, or None."""
    persons = stack.admin("POST", "/subjects/search", {"email": email}).json()["persons"]
    return persons[0] if persons else None


# ---- keys --------------------------------------------------------------------------------------------------------------
def test_a_rollback_loses_no_answer(stack):
    email = address()
    number = ask(stack, {"email": f"nobody-{email}"}, requester={"reply_to": email}, kind="access")
    contact_id = stack.value("SELECT contact FROM erasure.request WHERE id = %s", (number,))
    key = "SELECT count(*) FROM keyring.key WHERE key_id = %s"
    assert stack.value(key, (contact_id,), keyring=True) == 1
    stack.rows("CREATE FUNCTION public.no_cancel() RETURNS trigger LANGUAGE plpgsql AS "
               "$$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$")
    stack.rows("CREATE TRIGGER no_cancel BEFORE UPDATE ON erasure.request FOR EACH ROW WHEN "
               f"(NEW.status = 'cancelled' AND NEW.id = '{number}') EXECUTE FUNCTION public.no_cancel()")
    try:
        answer = stack.internal("POST", "erasure", f"/internal/v1/requests/{number}/cancel", {"operator": operator()})
        assert answer.status_code >= 500, answer.text
    finally:
        stack.rows("DROP TRIGGER no_cancel ON erasure.request")
        stack.rows("DROP FUNCTION public.no_cancel()")
    assert stack.value(key, (contact_id,), keyring=True) == 1, "what was rolled back is whole"
    erasure(stack, "POST", f"/requests/{number}/cancel", {"operator": operator()})
    wait_until(lambda: stack.value(key, (contact_id,), keyring=True) == 0, 60, "the key to be destroyed")
    wait_until(lambda: stack.value("SELECT count(*) FROM erasure.doomed_key") == 0, 60, "the list to be worked off")


# ---- whose `done` was true ---------------------------------------------------------------------------------------------
def test_a_holder_is_believed_until_it_is_contradicted_by_what_it_sent_afterwards(stack, crm):
    email, lead = address(), f"L-{name()}"
    known(stack, email, lead)
    number = ask(stack, {"email": email})
    wait_completed(stack, [number])
    answered = stack.value("SELECT extract(epoch FROM answered_at)::float8 FROM erasure.task WHERE request = %s AND "
                           "name = 'crm'", (number,))
    first = crm.about(number)[0]
    tell_refused(stack, number, sent_at=answered - 1)
    tell_refused(stack, number, kind="lethe.contact.removed", sent_at=answered + 1)
    tell_refused(stack, number)
    shown = request(stack, number)
    assert shown["status"] == "completed" and "contradicted" not in shown
    assert erasure(stack, "GET", f"/requests/{number}/certificate")

    crm.answers = lambda instruction: None
    stack.send(contact(lead, 2, email=email, act="staff", family_name="Probe"))
    wait_until(lambda: request(stack, number).get("contradicted"), 60, "the contradiction")
    erasure(stack, "GET", f"/requests/{number}/certificate", status=409)
    task = shown_task(stack, number)
    assert task["instruction"] != first["instruction"] and task["seq"] > first["seq"]
    assert task["status"] == "human", "what it must be told is destroyed"
    assert crm.say(first["instruction"], outcome="done").status_code == 404, "an old answer closes nothing"
    assert task["instruction"] in crm.pull(first["seq"]).text, "who pulls finds it"
    assert crm.say(task["instruction"], outcome="done").status_code == 200
    wait_completed(stack, [number])
    certificate = erasure(stack, "GET", f"/requests/{number}/certificate")
    assert next(h for h in certificate["holders"] if h["name"] == "crm")["contradictions"] == 1


def test_what_is_reversible_is_asked_anew_when_it_is_over(stack, crm):
    email, lead = address(), f"L-{name()}"
    known(stack, email, lead)
    crm.answers = lambda instruction: ({"outcome": "reversible", "until": stamp(time.time() + 2)}
                                       if len(crm.about(instruction["request"])) == 1 else {"outcome": "done"})
    number = ask(stack, {"email": email})
    wait_completed(stack, [number])
    first, second = crm.about(number)
    assert first["instruction"] != second["instruction"] and first["seq"] < second["seq"]
    assert crm.say(first["instruction"], outcome="kept", rule="x", until=stamp()).status_code == 404


def test_what_is_needed_comes_as_a_new_instruction(stack, crm):
    email, lead = address(), f"L-{name()}"
    known(stack, email, lead)
    erasure(stack, "PATCH", f"/holders/{crm.id}", {"identifiers": ["source"]})
    try:
        crm.answers = lambda instruction: ({"outcome": "done"} if email in str(instruction["identifiers"]) else
                                           {"outcome": "need", "why": "email"})
        number = ask(stack, {"email": email})
        wait_completed(stack, [number])
        first, second = crm.about(number)
        assert first["instruction"] != second["instruction"] and first["seq"] < second["seq"]
    finally:
        erasure(stack, "PATCH", f"/holders/{crm.id}", {"identifiers": ["email", "phone", "source"]})


def test_what_is_kept_names_its_end(stack, crm):
    crm.answers = lambda instruction: None
    email = address()
    number = ask(stack, {"email": email})
    [told] = crm.wait_told(number)
    answer = crm.say(told["instruction"], outcome="kept", rule="§ 147 AO")
    assert answer.status_code == 422 and answer.json()["pointer"] == "/until", answer.text
    assert crm.say(told["instruction"], outcome="kept", rule="§ 147 AO", until="2034-12-31T00:00:00Z").status_code == 200
    wait_completed(stack, [number])
    assert request(stack, number)["decision"] == "partly"


# ---- the person is answered --------------------------------------------------------------------------------------------
def test_the_person_is_answered_in_time_whenever_the_term_came_near(stack, crm):
    crm.answers = lambda instruction: None
    email = address()
    number = ask(stack, {"email": email}, requester={"reply_to": email})
    crm.wait_told(number)
    # the term came near while the set wasn't closed yet, and was said then
    stack.rows("UPDATE erasure.request SET escalation = 3, due_at = now() + interval '1 day', next_at = now() "
               "WHERE id = %s", (number,))
    stack.wait_mail(email, match=number, timeout=60)
    wait_until(lambda: request(stack, number).get("answered_at"), 60, "the answer")
    [task] = [t for t in crm.about(number)][:1]
    assert crm.say(task["instruction"], outcome="done").status_code == 200
    wait_completed(stack, [number])


def test_a_pause_calms_the_clock(stack):
    number = ask(stack, {"email": address()}, kind="access", received_at=stamp(time.time() - 25 * 86400))
    wait_until(lambda: request(stack, number)["clock"]["escalation"] >= 1, 60, "the term to come near")
    erasure(stack, "POST", f"/requests/{number}/pause", {"reason": "identity is asked"})
    stack.rows("UPDATE erasure.request SET paused_at = now() - interval '40 days' WHERE id = %s", (number,))
    erasure(stack, "POST", f"/requests/{number}/resume")
    assert request(stack, number)["clock"]["escalation"] == 0
    erasure(stack, "POST", f"/requests/{number}/extend", {"reason": "many archives"})
    erasure(stack, "POST", f"/requests/{number}/complete", {})


def test_reasons_are_in_the_letters(stack):
    email = address()
    number = ask(stack, {"email": email}, requester={"reply_to": email}, kind="access")
    erasure(stack, "POST", f"/requests/{number}/extend", {"reason": "forty archives must be read"})
    number_of_first, mail = stack.wait_mail(email, match="forty archives must be read")
    assert number in mail_text(mail)
    erasure(stack, "POST", f"/requests/{number}/reject", {
        "decision": "refused", "article": "12(5)", "reason": "the third request this week"})
    stack.wait_mail(email, after=number_of_first, match="the third request this week")


def test_an_answer_by_letter_is_recorded_once(stack):
    number = ask(stack, {"email": address()})
    wait_completed(stack, [number])
    path, at = f"/requests/{number}/answered", stamp()
    erasure(stack, "POST", path, {"operator": operator(), "at": at}, 422)
    erasure(stack, "POST", path, {"operator": operator(), "how": "letter", "at": "2020-01-01T00:00:00Z"}, 422)
    erasure(stack, "POST", path, {"operator": operator(), "how": "letter, registered", "at": at})
    shown = request(stack, number)
    assert shown["status"] == "completed" and shown["answered_at"]
    erasure(stack, "POST", path, {"operator": operator(), "how": "phone", "at": at}, 409)


def test_the_access_report_says_who_has_what_since_when(stack, crm):
    email = address()
    known(stack, email, f"L-{name()}")
    number = ask(stack, {"email": email}, kind="access")
    report = erasure(stack, "GET", f"/requests/{number}/report")
    mine = [h for h in report["holders"] if h["holder"] == crm.name]
    assert len(mine) == 1 and mine[0]["categories"] == ["lead"] and mine[0]["since"] and mine[0]["until"] is None
    nobody = ask(stack, {"email": address()}, kind="access")
    assert erasure(stack, "GET", f"/requests/{nobody}/report")["holders"] == []
    erasure(stack, "PATCH", f"/holders/{crm.id}", {"state": "past"})
    try:
        [mine] = [h for h in erasure(stack, "GET", f"/requests/{number}/report")["holders"] if h["holder"] == crm.name]
        assert mine["until"]
    finally:
        erasure(stack, "PATCH", f"/holders/{crm.id}", {"state": "active"})
    for one in (number, nobody):
        erasure(stack, "POST", f"/requests/{one}/complete", {})


def test_a_backup_is_dark_since_the_keys_are_gone(stack, crm):
    crm.answers = lambda instruction: None
    number, backup = ask(stack, {"email": address()}), new_id()
    [told] = crm.wait_told(number)
    stack.send(event("lethe.backup.answered", {"request": number, "backup": backup, "outcome": "dark",
                                               "at": "2026-01-01T00:00:00Z"}, key=number, source="lethe/backup"),
               topic="forget.result")
    wait_task(stack, number, lambda task: task["status"] == "closed", "intake")
    wait_until(lambda: request(stack, number)["backups"], 60, "the backup's answer")
    [shown] = [b for b in request(stack, number)["backups"] if b["backup"] == backup]
    assert shown["at"] == shown_task(stack, number, "intake")["answered_at"]
    crm.say(told["instruction"], outcome="done")
    wait_completed(stack, [number])
    [signed] = [b for b in erasure(stack, "GET", f"/requests/{number}/certificate")["backups"] if b["backup"] == backup]
    assert signed["at"] == shown["at"]


def test_a_stale_order_after_the_end_leaves_no_set_behind(stack):
    """A reminder of a process that died may come after the request is over."""
    email, lead = address(), f"L-{name()}"
    ids = known(stack, email, lead)
    number = ask(stack, {"email": email})
    wait_completed(stack, [number])

    def sets():
        """{service: (state, records, keys) of the task}"""
        return {service: stack.rows("SELECT state, cardinality(records), cardinality(key_hashes) "
                                    f"FROM {service}.forget_task WHERE request = %s", (number,))[0] for service in SERVICES}

    def orders():
        return {service: stack.value(f"SELECT ordered_at FROM {service}.forget_task WHERE request = %s", (number,))
                for service in SERVICES}

    over = wait_until(lambda: sets() if len(set(sets().values())) == 1 else None, 30, sets)
    before = orders()
    stack.send(event("lethe.forget.destroy", {"request": number, "keys": [], "records": [ids[lead]], "persons": [],
                                              "received_at": "2026-11-20T00:00:00Z"}, key=number), topic="forget")
    wait_until(lambda: all(at > before[service] for service, at in orders().items()), 30, "the stale order to be taken by all")
    wait_until(lambda: sets() == over, 30, lambda: f"all eight to close it again: {sets()}")


# ---- who asks upstream -------------------------------------------------------------------------------------------------
def wanted(stack, source, record=None, verified=True, number=None):
    number = number or new_id()
    stack.send(event("lethe.forget.wanted", {
        "request": number, "keys": [], "source": source, "verified": verified, "received_at": stamp(),
        **({"record": record} if record else {})}, key=number, source="lethe/intake"), topic="requests.in")
    return number


def state_of(stack, number):
    rows = stack.rows("SELECT status, stage::int, four_eyes FROM erasure.request WHERE id = %s", (number,))
    return rows[0] if rows else None


def test_who_isnt_known_is_restricted_and_nothing_is_destroyed_until_they_are(stack):
    email, lead = address(), f"L-{name()}"
    ids = known(stack, email, lead)
    number = wanted(stack, "web", ids[lead])
    wait_until(lambda: state_of(stack, number) == ("verifying", 2, False), 60, lambda: state_of(stack, number))
    assert stack.rows("SELECT 1 FROM intake.tombstone_id WHERE id = %s AND NOT standing", (ids[lead],)), "restricted"
    assert request(stack, number)["waits_for"] == "verification"
    assert stack.rows("SELECT 1 FROM vault.record WHERE record_id = %s", (ids[lead],))
    erasure(stack, "POST", f"/requests/{number}/verify", {"operator": operator()})
    wait_completed(stack, [number])
    assert not stack.rows("SELECT 1 FROM vault.record WHERE record_id = %s", (ids[lead],))


def test_what_nobody_was_there_to_hear_is_told_to_who_came_until_it_is_destroyed(stack, crm):
    email, lead = address(), f"L-{name()}"
    ids = known(stack, email, lead)
    number = wanted(stack, "web", ids[lead])
    wait_until(lambda: state_of(stack, number) == ("verifying", 2, False), 60, lambda: state_of(stack, number))
    stack.rows("UPDATE erasure.request SET identifiers = NULL WHERE id = %s", (number,))  # as if no holder had been there
    erasure(stack, "POST", f"/requests/{number}/verify", {"operator": operator()})
    [told] = crm.wait_told(number)
    assert {(i["kind"], i["value"]) for i in told["identifiers"]} == {("email", email), ("source", lead)}
    wait_completed(stack, [number])


def test_who_turns_out_to_be_somebody_else_is_free_again(stack):
    email, lead = address(), f"L-{name()}"
    ids = known(stack, email, lead)
    number = wanted(stack, "web", ids[lead])
    wait_until(lambda: state_of(stack, number) == ("verifying", 2, False), 60, lambda: state_of(stack, number))
    erasure(stack, "POST", f"/requests/{number}/reject", {"operator": operator(), "decision": "not-identified"})
    wait_until(lambda: not stack.rows("SELECT 1 FROM intake.tombstone_id WHERE id = %s", (ids[lead],)), 60,
               "the restriction to be lifted")


def test_a_source_that_asks_for_too_many_is_frozen_until_two_let_it_go(stack):
    email, lead = address(), f"L-{name()}"
    ids, others = known(stack, email, lead), known(stack, address(), f"L-{name()}")
    early = [wanted(stack, "helpdesk", *others.values()), *(wanted(stack, "helpdesk") for _ in range(19))]
    wait_until(lambda: all(state_of(stack, n) for n in early), 60, "twenty requests")
    assert not any(state_of(stack, n)[2] for n in early)
    # an hour is 60 minutes, whatever the clock on the wall says
    stack.rows("UPDATE erasure.request SET created_at = created_at - interval '59 minutes' WHERE id = ANY(%s::uuid[])",
               (early,))
    late = wanted(stack, "helpdesk", ids[lead])
    wait_until(lambda: state_of(stack, late), 60, "the one too many")
    assert state_of(stack, late) == ("verifying", 0, True), "it restricts nobody"
    assert not stack.rows("SELECT 1 FROM intake.tombstone_id WHERE id = %s", (ids[lead],))
    assert all(state_of(stack, n)[2] for n in early), "those in hold wait, too"
    frozen = {s["name"]: s for s in erasure(stack, "GET", "/sources")["sources"]}["helpdesk"]
    assert frozen["waiting"] == 21 and frozen["frozen_at"]
    erasure(stack, "POST", f"/requests/{early[0]}/verify", {"operator": operator()})
    assert request(stack, early[0])["waits_for"] == "approval"
    first, second = operator(), operator()
    path = "/sources/helpdesk/release"
    assert erasure(stack, "POST", path, {"operator": first})["frozen"]
    erasure(stack, "POST", path, {"operator": first}, 409)
    answer = erasure(stack, "POST", path, {"operator": second})
    assert answer == {"source": "helpdesk", "frozen": False, "released": 21}
    erasure(stack, "POST", path, {"operator": second}, 404)
    wait_completed(stack, [early[0]])
    wait_until(lambda: state_of(stack, late)[:2] == ("verifying", 2), 60, "the released to be restricted")
    assert stack.rows("SELECT 1 FROM intake.tombstone_id WHERE id = %s AND NOT standing", (ids[lead],))
    again = wanted(stack, "helpdesk")
    wait_until(lambda: state_of(stack, again), 60, "the next one")
    assert not state_of(stack, again)[2], "what was let go counts no more"
    for number in [*early[1:], late, again]:
        erasure(stack, "POST", f"/requests/{number}/cancel", {"operator": operator()})


def test_what_a_frozen_source_asks_goes_on_as_it_was_trusted(stack):
    stack.rows("INSERT INTO erasure.source (name, frozen_at) VALUES ('shop', now()) "
               "ON CONFLICT (name) DO UPDATE SET frozen_at = now()")
    number = wanted(stack, "shop", *known(stack, address(), f"L-{name()}").values())
    wait_until(lambda: state_of(stack, number) == ("verifying", 0, True), 60, lambda: state_of(stack, number))
    for _ in range(2):
        erasure(stack, "POST", "/sources/shop/release", {"operator": operator()})
    wait_completed(stack, [number])


# ---- late joiners ------------------------------------------------------------------------------------------------------
def test_an_open_join_is_seen_and_escalates(stack, crm):
    email, lead = address(), f"L-{name()}"
    known(stack, email, lead)
    wait_completed(stack, [ask(stack, {"email": email})])
    joined = crm.join([{"kind": "email", "value": email}, {"kind": "email", "value": address()}])
    assert joined.status_code == 200 and joined.json()["covered"] == [0], joined.text
    join = joined.json()["join"]
    [open_join] = erasure(stack, "GET", f"/holders/{crm.id}")["open_joins"]
    assert open_join["id"] == join and (open_join["asked"], open_join["covered"]) == (2, 1)
    stack.rows("UPDATE erasure.late_join SET at = at - interval '40 days' WHERE id = %s", (join,))
    stack.restart("erasure")
    wait_until(lambda: erasure(stack, "GET", f"/holders/{crm.id}")["open_joins"][0]["escalation"] == 4, 90,
               "the escalation")
    assert stack.metrics("erasure")["lethe_joins_open"] == 1
    assert "join.late" in stack.log("erasure")
    assert crm.acknowledge(join).status_code == 200
    assert erasure(stack, "GET", f"/holders/{crm.id}")["open_joins"] == []


# ---- last: holders that hold up every forget after them --------------------------------------------------------------------
def test_the_answer_by_hand_stands_on_evidence_and_names_both(stack):
    archive = erasure(stack, "POST", "/holders", {"name": "paper", "kind": "manual", "identifiers": ["email"]}, 201)["id"]
    number = ask(stack, {"email": address()})
    wait_task(stack, number, lambda task: task["status"] == "human", "paper")
    path, one, two = f"/holders/{archive}/results", operator(), operator()
    erasure(stack, "POST", path, {"operator": one, "request": number, "outcome": "done"}, 422)
    erasure(stack, "POST", path, {"operator": one, "request": number, "outcome": "done", "evidence": "folder 7"}, 202)
    erasure(stack, "POST", path, {"operator": two, "request": number, "outcome": "not-held"}, 422)
    erasure(stack, "POST", path, {"operator": two, "request": number, "outcome": "done"})
    wait_completed(stack, [number])
    certificate = erasure(stack, "GET", f"/requests/{number}/certificate")
    signed = next(h for h in certificate["holders"] if h["name"] == "paper")
    assert (signed["recorded_by"], signed["confirmed_by"]) == (one, two) and signed["evidence"]
    erasure(stack, "PATCH", f"/holders/{archive}", {"state": "past"})


def test_holders_of_the_policy_take_the_same_road(stack, crm):
    """Their topic, their part in what is under way; and a key that comes later wakes what waited for it."""
    crm.answers = lambda instruction: None
    number = ask(stack, {"email": address()})
    crm.wait_told(number)
    policy = stack.home / "policy.yaml"
    policy.write_text(policy.read_text().replace(
        "holders: []", "holders:\n  - { name: tape, kind: kafka, identifiers: [email] }"))
    stack.restart("erasure")
    wait_until(lambda: "tape" in tasks(stack, number), 90, "the policy's holder to get its task")
    wait_task(stack, number, lambda task: task["status"] == "human", "tape")
    assert ("holder.tape", 0) in stack.high_watermarks()
    holder = next(h for h in erasure(stack, "GET", "/holders")["holders"] if h["name"] == "tape")
    erasure(stack, "PATCH", f"/holders/{holder['id']}", {
        "sealing_key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "signing_key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="})
    wait_until(lambda: stack.high_watermarks()[("holder.tape", 0)] > 0, 60, "the instruction on its topic")

    # what is answered leaves the topic
    assert low_watermark(stack, "holder.tape") == 0
    stack.rows("UPDATE erasure.task SET status = 'closed', outcome = 'done', answered_at = now(), next_attempt_at = NULL "
               "WHERE name = 'tape'")
    stack.restart("erasure")
    wait_until(lambda: low_watermark(stack, "holder.tape") == stack.high_watermarks()[("holder.tape", 0)], 90,
               "the topic to be truncated")


def low_watermark(stack, topic):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": stack.env["LETHE_KAFKA"], "group.id": "look", "log_level": 0})
    try:
        return consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, 0), timeout=10)[0]
    finally:
        consumer.close()
