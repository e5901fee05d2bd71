"""My data: the same answer for every address, a link by mail, and then what is held: seen, downloaded, forgotten."""
import re
import uuid

import pytest
from consents import NEWS, Ledger, address
from lethe_stack import contact, event, mail_text, wait_until


@pytest.fixture
def ledger(stack):
    return Ledger(stack)


def person(stack, ledger, email, **fields):
    number, key = f"M-{uuid.uuid4().hex[:8]}", bytes.fromhex(ledger.key("email", email)["hash"])

    def records():
        return stack.value("SELECT count(DISTINCT r.record) FROM consent.person_record r JOIN consent.person_key k"
                           " USING (person) WHERE k.hash = %s", (key,))
    before = records()
    stack.send(contact(number, email=email, **fields))
    wait_until(lambda: records() > before, what="the person")
    return number


def ask(stack, email):
    return stack.http("POST", stack.env["LETHE_PUBLIC_URL"] + "/my-data", data={"email": email})


def link(stack, email):
    _, message = stack.wait_mail(email)
    found = re.search(re.escape(stack.env["LETHE_PUBLIC_URL"]) + r"/my-data/[A-Za-z0-9_-]+", mail_text(message))
    assert found, "the mail holds no link"
    return found[0]


def test_seen_downloaded_and_forgotten(stack, ledger):
    email = address()
    person(stack, ledger, email, family_name="Seen<b>", given_name="Sara", postcode="10115")
    ledger.confirm(email)
    first = max(number for number, _ in stack.mails(email))
    form = stack.http("GET", stack.env["LETHE_PUBLIC_URL"] + "/my-data")
    assert form.status_code == 200 and 'type="email"' in form.text
    assert ask(stack, "nobody at all").status_code == 422
    known, unknown = ask(stack, email.upper()), ask(stack, address())
    assert known.status_code == unknown.status_code == 200 and known.text == unknown.text, "the answer tells who is known"
    number, message = stack.wait_mail(email, after=first)
    url = re.search(r"http\S+/my-data/[A-Za-z0-9_-]+", mail_text(message))[0]
    wait_until(lambda: stack.value("SELECT count(*) FROM consent.data_ask WHERE answered_at IS NULL") == 0, what="both asks")
    assert stack.value("SELECT count(*) FROM consent.data_token") == 1, "a link for an address that nobody holds"

    page = stack.http("GET", url)
    assert page.status_code == 200 and "Seen&lt;b&gt;" in page.text and "News about Product A" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    held = stack.http("GET", url + "/download")
    assert held.headers["Content-Disposition"].startswith("attachment")
    assert [act["act"] for act in held.json()["ledger"]] == ["requested", "confirmed"]
    assert held.json()["records"][0]["fields"]["postcode"] == "10115" and held.json()["records"][0]["provenance"]
    token = url.rsplit("/", 1)[1]
    assert not stack.files_holding(token), "the link's token lies on a disk"

    missed = stack.http("POST", url, data={"do": "forget"})
    assert missed.status_code == 422 and 'role="alert"' in missed.text
    assert stack.http("POST", url, data={"do": "forget", "sure": "yes"}).status_code == 202
    hashes = [bytes.fromhex(key["hash"]) for key in ledger.keys(email)]
    wait_until(lambda: not stack.rows("SELECT 1 FROM consent.person_key WHERE hash = ANY(%s)", (hashes,)), 60, "the forget")
    answer = wait_until(lambda: [m for n, m in stack.mails(email) if n > number], 60, "the person's answer")
    assert "erase" in answer[0]["Subject"]
    for table in ("data_token", "data_ask"):
        assert stack.value(f"SELECT count(*) FROM consent.{table} WHERE email_key = ANY(%s)", (hashes,)) == 0
    assert stack.http("GET", url).status_code == 404


def test_a_shared_mailbox_needs_a_second_fact(stack, ledger):
    email = address()
    person(stack, ledger, email, family_name="Eins", given_name="Ada", postcode="20095", phone="+4930111222333")
    person(stack, ledger, email, family_name="Zwei", given_name="Bob", postcode="80331")
    stack.wait_drained()
    people, rev = [str(uuid.uuid4()) for _ in range(2)], 2**61
    held = stack.rows("SELECT DISTINCT person::text, record::text FROM consent.person_record JOIN consent.person_key"
                      " USING (person) WHERE hash = %s", (bytes.fromhex(ledger.key("email", email)["hash"]),))
    assert len(held) == 2
    # Whatever dedupe makes of the two, consent hears that they are two people.
    stack.send(*[event("lethe.person.linked", {"person": person, "rev": rev, "records": [], "restricted": False, "keys": []},
                       key=person, source="lethe/dedupe") for person in {person for person, _ in held}],
               *[event("lethe.person.linked", {"person": person, "rev": rev, "records": [record], "restricted": False,
                                               "keys": ledger.keys(email)}, key=person, source="lethe/dedupe")
                 for person, (_, record) in zip(people, held)], topic="person")
    stack.wait_drained()
    ask(stack, email)
    url = link(stack, email)
    page = stack.http("GET", url)
    assert page.status_code == 200 and 'name="fact"' in page.text
    assert "Eins" not in page.text and "Zwei" not in page.text, "a shared mailbox opened somebody's data"
    assert stack.http("POST", url, data={"do": "forget", "sure": "yes"}).status_code == 200
    assert 'name="fact"' in stack.http("GET", url + "/download").text
    assert stack.http("POST", url, data={"do": "prove", "fact": "99999"}).status_code == 422
    shown = stack.http("POST", url, data={"do": "prove", "fact": "80 331"})
    assert shown.status_code == 200 and "Zwei" in shown.text and "Eins" not in shown.text
    assert [r["fields"]["postcode"] for r in stack.http("GET", url + "/download").json()["records"]] == ["80331"]


def test_asks_are_bounded(stack, ledger):
    """Thirty an hour from one requester; the tests before have made a few."""
    email, answers = address(), []
    for _ in range(31):
        answers.append(ask(stack, email))
        if answers[-1].status_code == 429:
            break
    assert answers[-1].status_code == 429 and answers[-1].headers["Retry-After"] == "3600"
    assert stack.http("GET", stack.env["LETHE_PUBLIC_URL"] + "/my-data/" + "A" * 43).status_code == 404
