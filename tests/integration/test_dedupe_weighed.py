"""dedupe's engine on a real stack: people who share no exact key, families who share all of them, questions, corrections."""
import os
import random
import signal
import uuid

import pytest
from lethe_stack import contact, event, wait_until

OPERATOR = str(uuid.uuid4())


def name(what):
    """A word of letters alone, so that it is a name to the engine."""
    return what + "".join(random.choice("bdfgklmnprstvz") + random.choice("aeiou") for _ in range(4))


def mobile():
    return f"+4917{random.randrange(10)}{random.randrange(1000000, 9999999)}"


def wait_linked(stack):
    def quiet():
        return not [b for b in stack.behind() if b[0] in ("intake", "dedupe") or b[:2] in (("outbox", "intake"), ("outbox", "dedupe"))]
    wait_until(lambda: quiet() and quiet(), 60, lambda: f"records to be linked: {stack.behind()[:4]}")


def records(stack):
    return {str(row[0]) for row in stack.rows("SELECT record FROM dedupe.record")}


def sent(stack, *events):
    """The new records' ids, one an event."""
    out = []
    for one in events:
        before = records(stack)
        stack.send(one)
        wait_linked(stack)
        out += sorted(records(stack) - before)
    return out


def person(stack, record):
    return str(stack.value("SELECT person FROM dedupe.record WHERE record = %s", (record,)))


def one(stack, *ids):
    return len({person(stack, record) for record in ids}) == 1


def reviews(stack, record):
    page = stack.internal("GET", "dedupe", "/internal/v1/reviews").json()["reviews"]
    return [review for review in page if record in review["records"]]


def decide(stack, decision, **asked):
    answer = stack.internal("POST", "dedupe", "/internal/v1/reviews",
                            {"decision": decision, "by": OPERATOR, "reason": "seen", **asked})
    assert answer.status_code == 200, answer.text


def home():
    return {"street": f"Gartenweg {random.randrange(1, 900)}", "postcode": f"{random.randrange(10000, 99999)}",
            "city": name("St"), "country": "DE"}


def test_a_misspelt_name_and_a_short_form_with_one_mobile(stack):
    family, phone = name("Quas"), mobile()
    a, b = sent(stack, contact(name("L"), given_name="Robert", family_name=family + "berg", phone=phone),
                contact(name("S"), system="shop", given_name="Bob", family_name=family + "bergg", phone="0" + phone[3:]))
    assert one(stack, a, b)
    stored = stack.rows("SELECT verdict, random, household FROM dedupe.edge WHERE a = %s OR b = %s", (a, a))
    assert stored[0][0] == 2 and stored[0][1] >= 1000


def test_a_couple_with_one_mailbox_are_two(stack):
    family = name("Paar")
    mail = f"{family.lower()}@example.org"
    a, b = sent(stack, contact(name("L"), given_name="Sabine", family_name=family, email=mail),
                contact(name("S"), system="shop", given_name="Werner", family_name=family, email=mail))
    assert not one(stack, a, b)


def test_what_only_a_home_tells_is_asked_once_and_a_decision_holds(stack):
    family, where = name("Haus"), home()
    a, b = sent(stack, contact(name("L"), given_name="Peter", family_name=family, **where),
                contact(name("S"), system="shop", given_name="Peter", family_name=family, **where))
    assert not one(stack, a, b)
    review, = reviews(stack, a)
    decide(stack, "same", review=review["review"])
    assert one(stack, a, b) and not reviews(stack, a)
    decide(stack, "undo", records=[a], others=[b])
    assert not one(stack, a, b) and len(reviews(stack, a)) == 1  # as before: the question is open again
    decide(stack, "different", records=[a], others=[b])
    assert not reviews(stack, a)


def test_a_correction_ends_a_link(stack):
    family, phone, source = name("Korr"), mobile(), name("L")
    a, b = sent(stack, contact(source, 1, given_name="Helene", family_name=family + "mann", phone=phone),
                contact(name("S"), system="shop", given_name="Helene", family_name=family + "man", phone=phone))
    assert one(stack, a, b)
    stack.send(contact(source, 2, given_name="Werner", family_name=name("Ander"), phone=mobile()))
    wait_linked(stack)
    assert not one(stack, a, b)


def test_a_source_that_knows_better_is_heard(stack):
    first, second = name("L"), name("L")
    mail = f"{name('z')}@example.org"
    a, b = sent(stack, contact(first, given_name="Sabine", family_name=name("Ehe"), email=mail),
                contact(second, given_name="Werner", family_name=name("Alt"), email=mail))
    assert not one(stack, a, b)
    stack.send(event("lethe.contact.merged", {"system": "dynamics", "survivor": first, "losers": [second], "version": 2}))
    wait_linked(stack)
    left = {a, b} & records(stack)
    assert len(left) == 1 or one(stack, a, b)


def test_removed_records_leave_no_edge_and_no_key(stack):
    family, phone, source = name("Weg"), mobile(), name("S")
    a, b = sent(stack, contact(name("L"), given_name="Clara", family_name=family, phone=phone),
                contact(source, system="shop", given_name="Clara", family_name=family, phone=phone))
    stack.send(event("lethe.contact.removed", {"record": {"system": "shop", "id": source, "version": 2}, "reason": "deleted"}))
    wait_until(lambda: b not in records(stack), 30, "the record to end")
    assert stack.value("SELECT count(*) FROM dedupe.edge WHERE a = %s OR b = %s", (b, b)) == 0
    assert stack.value("SELECT count(*) FROM dedupe.block_key WHERE record = %s", (b,)) == 0
    assert stack.value("SELECT count(*) FROM dedupe.block_key WHERE record = %s", (a,)) > 0


@pytest.mark.parametrize("seed", [5])
def test_orders_say_nothing(stack, seed):
    """Families, namesakes and misspelt ones, written in other orders: the same persons and the same questions."""
    seen = []
    for order in range(3):
        rng = random.Random(seed)
        marks = [name("Fam") for _ in range(2)]
        people = []
        for household in range(2):
            where = {"street": f"Ringweg {household + 1}", "postcode": f"{household + 1}{random.randrange(1000, 9999)}", "city": name("O"),
                     "country": "DE"}
            for given, phone in (("Anna", mobile()), ("Peter", mobile()), ("Peter", None)):
                for system in rng.sample(["dynamics", "shop", "helpdesk", "web"], 3):
                    fields = {"given_name": given, "family_name": marks[household], **(where if rng.random() < 0.8 else {})}
                    if phone and rng.random() < 0.7:
                        fields["phone"] = phone
                    people.append((system, fields))
        numbers = list(range(len(people)))
        random.Random(f"{seed}-{order}").shuffle(numbers)
        ids = {}
        for number in numbers:
            system, fields = people[number]
            ids[number], = sent(stack, contact(name(f"R{number}"), system=system, **fields))
        groups = {}
        for number, record in ids.items():
            groups.setdefault(person(stack, record), set()).add(number)
        seen.append(sorted(map(sorted, groups.values())))
    assert seen[0] == seen[1] == seen[2]


# ---- weights ------------------------------------------------------------------------------------------------------------------
LEVELS = (9, 6, 5, 6, 5, 5, 6)  # of each field: engine/levels.h


def weights(settled=1):
    """By these nothing says anything: whatever agrees is as usual among strangers."""
    lines = ["lethe-dedupe weights 1", f"state {0:016x} 1 0 {settled}", "pairs 1000 499500 100 100"]
    lines += [f"{who} {field} {level} 0.1" for who in ("person", "chance", "household")
              for field, n in enumerate(LEVELS) for level in range(1, n)]
    return "\n".join(lines) + "\n"


def status(stack):
    return stack.internal("GET", "dedupe", "/internal/v1/weights").json()


def take(stack, text):
    answer = stack.internal("POST", "dedupe", "/internal/v1/weights", {"weights": text, "by": OPERATOR})
    assert answer.status_code == 200, answer.text
    wait_until(lambda: not status(stack)["running"], 60, lambda: f"all to be decided anew: {status(stack)}")
    return status(stack)


def partition(stack):
    groups = {}
    for record, whose in stack.rows("SELECT record, person FROM dedupe.record"):
        groups.setdefault(whose, set()).add(str(record))
    return sorted(sorted(group) for group in groups.values())


def edges(stack):
    return sorted(stack.rows("SELECT a, b, verdict, differ, random, household, levels FROM dedupe.edge"))


def test_other_weights_decide_all_anew_and_back(stack):
    family, phone = name("Gew"), mobile()
    a, b = sent(stack, contact(name("L"), given_name="Johanna", family_name=family + "mann", phone=phone),
                contact(name("S"), system="shop", given_name="Johanna", family_name=family + "man", phone=phone))
    assert one(stack, a, b)
    before, edges_before, version = partition(stack), edges(stack), status(stack)["version"]
    taken = take(stack, weights())
    assert taken["version"] == version + 1 and taken["decided"] == taken["records"] == len(records(stack))
    assert not one(stack, a, b)
    assert stack.value("SELECT count(*) FROM dedupe.edge WHERE weights <> %s", (version + 1,)) == 0
    assert take(stack, "")["version"] == version + 2
    assert partition(stack) == before and edges(stack) == edges_before


def test_weights_are_read_whole_or_not_at_all(stack):
    version = status(stack)["version"]
    for text in (weights(settled=0), weights()[:-40], weights().replace("0.1", "1.1"), "lethe-dedupe weights 2\n"):
        answer = stack.internal("POST", "dedupe", "/internal/v1/weights", {"weights": text, "by": OPERATOR})
        assert answer.status_code == 422, answer.text
    assert status(stack)["version"] == version


def test_a_pass_goes_on_where_it_stood_and_follows_the_policy(stack):
    everybody = sorted(records(stack))
    half = everybody[len(everybody) // 2]
    stack.rows("UPDATE dedupe.weighing SET pass = pass + 1, running = true, after = %s, decided = 0, until = %s RETURNING 1",
               (half, everybody[-1]))
    wait_until(lambda: not status(stack)["running"], 60, "the pass to end")
    assert status(stack)["decided"] == len(everybody) - len(everybody) // 2 - 1
    done = stack.rows("UPDATE dedupe.weighing SET policy_version = 0, sources = 1 RETURNING pass")[0][0]
    wait_until(lambda: stack.value("SELECT pass FROM dedupe.weighing") == done + 1 and not status(stack)["running"], 60,
               "another policy to be followed")
    assert status(stack)["decided"] == len(everybody)


# ---- reviews ------------------------------------------------------------------------------------------------------------------
def doubtful(stack):
    """Two whom only home and name tell: a question."""
    family, where = name("Frag"), home()
    a, b = sent(stack, contact(name("L"), given_name="Peter", family_name=family, **where),
                contact(name("S"), system="shop", given_name="Peter", family_name=family, **where))
    review, = reviews(stack, a)
    return a, b, review["review"]


def queue(stack, *of):
    """Those of the queue that are asked about, in its order, page by page."""
    found, after = [], ""
    while True:
        page = stack.internal("GET", "dedupe", f"/internal/v1/reviews{after}").json()
        found += [review["review"] for review in page["reviews"] if review["review"] in of]
        if "next" not in page:
            return found
        after = f"?after={page['next']}"


def test_the_queue_asks_first_what_a_forget_waits_for_and_last_what_nobody_can_tell(stack):
    first, second, third = doubtful(stack), doubtful(stack), doubtful(stack)
    decide(stack, "unsure", review=first[2])
    assert reviews(stack, first[0])[0]["unsure"] and not one(stack, *first[:2])
    request = str(uuid.uuid4())
    stack.rows("INSERT INTO dedupe.restriction (record, request) VALUES (%s, %s) RETURNING 1", (third[0], request))
    try:
        assert queue(stack, first[2], second[2], third[2]) == [third[2], second[2], first[2]]
        assert reviews(stack, third[0])[0]["urgent"]
    finally:
        stack.rows("DELETE FROM dedupe.restriction WHERE request = %s RETURNING 1", (request,))
    assert queue(stack, first[2], second[2], third[2]) == [second[2], third[2], first[2]]
    for after in ("x", "3." + first[2], first[2]):
        assert stack.internal("GET", "dedupe", f"/internal/v1/reviews?after={after}").status_code == 400


def all_about(stack, *ids):
    """What stands of them and what hangs on it, but for a person's name."""
    groups = sorted(sorted(str(r) for r, in stack.rows("SELECT record FROM dedupe.record WHERE person = %s", (person(stack, one_of),)))
                    for one_of in ids)
    return groups, edges(stack), [
        stack.rows(f"SELECT {what} FROM dedupe.{table} WHERE {where} ORDER BY 1, 2", ([*ids],) * where.count("%s"))
        for table, what, where in (("record", "record, component, root, keys", "record = ANY (%s::uuid[])"),
                                   ("match_key", "hash, record, kind", "record = ANY (%s::uuid[])"),
                                   ("block_key", "key, record", "record = ANY (%s::uuid[])"),
                                   ("pair", "a, b, apart", "a = ANY (%s::uuid[]) OR b = ANY (%s::uuid[])"),
                                   ("review", "a, b", "a = ANY (%s::uuid[]) OR b = ANY (%s::uuid[])"))]


def test_a_merge_and_a_split_by_hand_are_undone_to_the_bit(stack):
    a, b, _ = doubtful(stack)
    phone, family = mobile(), name("Hand")
    c, d = sent(stack, contact(name("L"), given_name="Clara", family_name=family, phone=phone),
                contact(name("S"), system="shop", given_name="Clara", family_name=family, phone=phone))
    before = all_about(stack, a, b, c, d)
    decide(stack, "same", records=[a], others=[c])  # by hand: nobody would have asked
    assert one(stack, a, c, d) and not one(stack, a, b)
    decide(stack, "undo", records=[a], others=[c])
    assert all_about(stack, a, b, c, d) == before
    decide(stack, "different", records=[c], others=[d])
    assert not one(stack, c, d)
    take(stack, "")  # whatever the machine weighs anew, a decision stands
    assert not one(stack, c, d)
    decide(stack, "undo", records=[c], others=[d])
    assert all_about(stack, a, b, c, d) == before


def follow(stack, policy, text):
    """Another policy for dedupe."""
    version = stack.value("SELECT max(version) FROM dedupe.policy_row")
    policy.write_text(text)
    os.kill(stack.pid("dedupe"), signal.SIGHUP)
    wait_until(lambda: stack.value("SELECT policy_version FROM dedupe.weighing") > version, 60, "dedupe to follow the policy")


def test_where_the_policy_wants_two_one_operator_proposes(stack):
    a, b, review = doubtful(stack)
    policy, ask = stack.home / "policy.yaml", {"decision": "same", "by": OPERATOR, "reason": "seen", "review": review}
    before = policy.read_text()
    try:
        follow(stack, policy, before.replace("reviews_by_two: false", "reviews_by_two: true"))
        answer = stack.internal("POST", "dedupe", "/internal/v1/reviews", ask)
        assert answer.status_code == 200 and answer.json()["waits"], answer.text
        assert not one(stack, a, b) and reviews(stack, a)[0]["proposed"] == "same"
        assert stack.internal("POST", "dedupe", "/internal/v1/reviews", ask).status_code == 409
        answer = stack.internal("POST", "dedupe", "/internal/v1/reviews", {**ask, "by": str(uuid.uuid4())})
        assert answer.status_code == 200 and not answer.json()["waits"] and one(stack, a, b)
    finally:
        follow(stack, policy, before)


# ---- at once ------------------------------------------------------------------------------------------------------------------
def test_two_replicas_and_two_records_of_one_person_at_once(stack):
    """Neither has an exact key of the other's: they find each other by blocking keys alone, whoever is the quicker."""
    pairs, before = 300, records(stack)
    stack.start("dedupe", instance=2)
    try:
        for _ in range(pairs):
            given, family, phone = name("G"), name("F") + name("am").lower(), mobile()
            stack.send(contact(name("L"), given_name=given, family_name=family + "berg", phone=phone),
                       contact(name("S"), system="shop", given_name=given, family_name=family + "bergg", phone=phone), flush=False)
        stack.send()
        wait_until(lambda: len(records(stack)) == len(before) + 2 * pairs, 60, "the records")
        wait_linked(stack)
    finally:
        stack.stop("dedupe-2")
    new = records(stack) - before
    sizes = [n for n, in stack.rows("SELECT count(*) FROM dedupe.record WHERE record = ANY (%s::uuid[]) GROUP BY person", ([*new],))]
    assert sizes == [2] * pairs
