"""mailer on a real stack: the address that was checked, UTF-8, what the relay says, whoever comes back, and terms."""
import re
import threading
import time
import uuid

import pytest

from consents import NEWS, OTHER, Ledger, address, asks
from lethe_stack import ROOT, contact, event, wait_until
from smtp_relay import Relay

STATES = ("queued", "sending", "sent", "deferred", "bounced", "refused", "unknown", "cancelled")


@pytest.fixture
def ledger(stack):
    return Ledger(stack)


def record_of(stack, ledger, email, number, system="dynamics"):
    """Sends a contact and gives back its record's id."""
    key = bytes.fromhex(ledger.key("email", email)["hash"])
    stack.send(contact(number, system=system, email=email, family_name="Mailed"))
    return wait_until(lambda: (stack.rows("SELECT record_id FROM vault.record WHERE email_key = %s", (key,)) or [[None]])[0][0],
                      what="the record")


def campaign(stack, records, subject="News", text="There is news.", html=None, purpose=NEWS):
    identity = str(uuid.uuid4())
    content = {"subject": subject, "text": text, **({"html": html} if html else {})}
    answer = stack.internal("POST", "mailer", "/internal/v1/campaigns", {
        "campaign": identity, "purpose": purpose, "content": content, "records": [str(r) for r in records]})
    assert answer.status_code == 202, answer.text
    return identity


def mails_of(stack, **where):
    """[(state, why, attempts)]"""
    condition = " AND ".join(f"{column} = %s" for column in where)
    return [(STATES[state], why, attempts) for state, why, attempts in stack.rows(
        f"SELECT state, why, attempts FROM mailer.mail WHERE {condition}", tuple(where.values()))]


def key_of(ledger, email):
    return bytes.fromhex(ledger.key("email", email)["hash"])


def test_utf8_throughout(stack, ledger):
    email = address()
    number, _ = ledger.confirm(email)
    record = record_of(stack, ledger, email, f"U-{uuid.uuid4().hex[:8]}")
    campaign(stack, [record], subject="Nouveautés d'été", text="Café à Orléans", html="<p>Café à <b>Orléans</b></p>")
    _, message = stack.wait_mail(email, after=number)
    assert message["Subject"] == "Nouveautés d'été"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    for part, text in ((plain, "Café à Orléans"), (html, "<p>Café à <b>Orléans</b></p>")):
        assert part.get_content_charset() == "utf-8"
        assert text in part.get_payload(decode=True).decode("utf-8")
        assert text in part.get_content()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    public, token = re.escape(stack.env["LETHE_PUBLIC_URL"]), r"([\w-]{55})"
    found = re.fullmatch(rf"<{public}/unsubscribe/{token}>, <mailto:unsubscribe@acme\.example\?subject=unsubscribe%20{token}>",
                         message["List-Unsubscribe"])
    assert found and found[1] == found[2]


def test_a_mail_goes_to_the_address_that_was_checked(stack, ledger):
    """The record gets another address between the campaign's layout and its mail."""
    email, other, number = address(), address(), f"A-{uuid.uuid4().hex[:8]}"
    ledger.confirm(email)
    record = record_of(stack, ledger, email, number)
    stack.send(contact(number, 2, email=other, family_name="Mailed"))
    wait_until(lambda: stack.value("SELECT email_key FROM vault.record WHERE record_id = %s", (record,)) == key_of(ledger, other),
               what="the other address")
    words = stack.value("SELECT content FROM mailer.campaign WHERE campaign = %s", (campaign(stack, [record]),))
    mail = str(uuid.uuid4())
    stack.send(event("lethe.mail.requested", {
        "mail": mail, "kind": "purpose", "address": str(record), "content": str(words), "keys": ledger.keys(email),
        "record": str(record), "purpose": NEWS, "ground": "consent", "at": "2026-11-20T09:00:00Z"}, source="lethe/test",
        key=mail), topic="mail.in")
    wait_until(lambda: mails_of(stack, mail=mail) and mails_of(stack, mail=mail)[0][0] == "refused", what="the refusal")
    assert mails_of(stack, mail=mail)[0][1] == "address-changed"
    assert not stack.mails(other)


@pytest.fixture
def relay(stack):
    """A relay of the test's own; the mailer goes back to the stack's afterwards."""
    opened = []

    def start(**answers):
        opened.append(Relay(**answers))
        stack.stop("mailer")
        stack.rows("UPDATE mailer.mail SET state = 7, next_at = NULL WHERE next_at IS NOT NULL")  # what other tests left
        stack.start("mailer", env={"LETHE_SMTP": f"127.0.0.1:{opened[-1].port}"})
        return opened[-1]
    yield start
    for one in opened:
        one.close()
    if stack.pid("mailer"):
        stack.kill("mailer")
    stack.start("mailer")


@pytest.mark.parametrize("answers,state,why", [
    ({"MAIL": "550 we don't know you"}, "deferred", "relay-refuses"),
    ({"EHLO": "554 go away", "HELO": "554 go away"}, "deferred", "relay-refuses"),
    ({"RCPT": "550 no such mailbox"}, "bounced", "smtp-550"),
    ({".": "554 spam"}, "bounced", "smtp-5xx"),
    ({".": "451 later"}, "deferred", "smtp-4xx"),
])
def test_what_the_relay_says(stack, ledger, relay, answers, state, why):
    email = address()
    relay(**answers)
    stack.send(asks(email))
    found = wait_until(lambda: [m for m in mails_of(stack, email_key=key_of(ledger, email)) if m[1]], what="the first attempt")
    assert found[0][:2] == (state, why)


def test_a_lost_answer_makes_one_more_mail_at_most_and_not_at_once(stack, ledger, relay):
    email = address()
    talk = relay(**{".": "cut"})
    stack.send(asks(email))
    wait_until(lambda: mails_of(stack, email_key=key_of(ledger, email))[:1] == [("deferred", "outcome-unknown", 1)],
               what="the first attempt")
    assert stack.value("SELECT next_at > now() + interval '5 seconds' FROM mailer.mail WHERE email_key = %s",
                       (key_of(ledger, email),))
    stack.rows("UPDATE mailer.mail SET next_at = now() WHERE email_key = %s", (key_of(ledger, email),))
    wait_until(lambda: mails_of(stack, email_key=key_of(ledger, email)) == [("unknown", "outcome-unknown", 2)],
               what="the second attempt")
    assert talk.sent_to.count(email) == 2


def test_a_slow_relay_holds_up_no_stop(stack, ledger, relay):
    email = address()
    talk = relay(**{".": None})
    stack.send(asks(email))
    wait_until(lambda: email in talk.sent_to, what="the message to be on its way")
    began = time.monotonic()
    stack.stop("mailer")
    assert time.monotonic() - began < 10
    assert mails_of(stack, email_key=key_of(ledger, email)) == [("deferred", "outcome-unknown", 1)]


def forget(stack, email):
    made = stack.admin("POST", "/requests", {"kind": "forget", "subject": {"email": email},
                                             "requester": {"relation": "self"}})
    assert made.status_code == 202, made.text
    wait_until(lambda: stack.admin("GET", f"/requests/{made.json()['id']}").json()["status"] == "completed", 60,
               "the forget to complete")


def test_whoever_comes_back_is_mailed_again(stack, ledger):
    email, number = address(), f"B-{uuid.uuid4().hex[:8]}"
    record_of(stack, ledger, email, number)
    ledger.confirm(email)
    forget(stack, email)
    assert mails_of(stack, email_key=key_of(ledger, email)) == []
    after = max(n for n, _ in stack.mails(email))
    stack.send(asks(email))  # from before the forget: no row, no mail
    stack.wait_drained()
    assert mails_of(stack, email_key=key_of(ledger, email)) == []
    stack.send(asks(email, at="2099-01-01T00:00:00Z"))  # counts as now
    number, link = ledger.link(email, after=after)
    assert stack.http("POST", link).status_code == 200
    assert ledger.decide(email)["allowed"]
    again = f"B-{uuid.uuid4().hex[:8]}"
    stack.send(contact(again, system="web", email=email, family_name="Back", captured_at="2099-01-01T00:00:00Z"))
    record = wait_until(lambda: (stack.rows("SELECT record_id FROM vault.record WHERE email_key = %s",
                                            (key_of(ledger, email),)) or [[None]])[0][0], what="the new record")
    campaign(stack, [record], subject="Welcome back")
    assert stack.wait_mail(email, after=number)[1]["Subject"] == "Welcome back"


def test_no_row_about_the_forgotten(stack, ledger):
    """A mail that is asked for late, about somebody who is forgotten."""
    email, number = address(), f"N-{uuid.uuid4().hex[:8]}"
    record = record_of(stack, ledger, email, number)
    ledger.confirm(email)
    forget(stack, email)
    for kind in ("confirmation", "purpose"):
        mail = str(uuid.uuid4())
        stack.send(event("lethe.mail.requested", {
            "mail": mail, "kind": kind, "address": str(record), "content": str(uuid.uuid4()), "keys": ledger.keys(email),
            "record": str(record), "purpose": NEWS, "ground": "consent", "at": "2026-11-20T09:00:00Z",
            "acted_at": "2026-11-20T09:00:00Z"}, source="lethe/test", key=mail), topic="mail.in")
        stack.wait_drained()
        assert mails_of(stack, mail=mail) == [], kind
    other = address()
    ledger.confirm(other)
    kept = record_of(stack, ledger, other, f"N-{uuid.uuid4().hex[:8]}")
    identity = campaign(stack, [record, kept])
    wait_until(lambda: mails_of(stack, campaign=identity), what="the campaign to be laid out")
    wait_until(lambda: stack.value("SELECT laid_out = cardinality(records) FROM mailer.campaign WHERE campaign = %s", (identity,)),
               what="the whole list")
    assert stack.value("SELECT count(*) FROM mailer.mail WHERE campaign = %s", (identity,)) == 1


def test_a_forget_during_the_layout_skips_nobody(stack):
    """A page of three is under way; the forget takes one out of it: the rest of the list isn't passed over."""
    identity, records = uuid.uuid4(), [uuid.uuid4() for _ in range(5)]
    stack.stop("mailer")
    stack.rows("INSERT INTO mailer.campaign (campaign, purpose, content, records, at) VALUES (%s, %s, %s, %s, now())",
               (identity, OTHER, uuid.uuid4(), records))
    page = records[:3]
    stack.rows("UPDATE mailer.campaign SET records = array_remove(records, %s) WHERE campaign = %s", (records[1], identity))
    statement = (ROOT / "services/mailer/sql/campaign_laid_out.sql").read_text()
    stack.rows(statement.replace("$2", "%(page)s").replace("$1", "%(campaign)s").replace("campaign AS c", "mailer.campaign AS c", 1),
               {"page": page, "campaign": identity})
    assert stack.value("SELECT laid_out FROM mailer.campaign WHERE campaign = %s", (identity,)) == 2
    stack.rows("DELETE FROM mailer.campaign WHERE campaign = %s", (identity,))
    stack.start("mailer")


def test_the_log_has_a_term(stack, ledger):
    email, other = address(), address()
    ledger.confirm(email)
    ledger.confirm(other)
    stack.rows("UPDATE mailer.mail SET changed_at = now() - interval '4 years' WHERE email_key = %s", (key_of(ledger, email),))
    stack.restart("mailer")
    wait_until(lambda: mails_of(stack, email_key=key_of(ledger, email)) == [], what="the old mail to go")
    assert mails_of(stack, email_key=key_of(ledger, other))


def test_a_known_result_outlives_postgresql(stack, ledger, relay):
    """PostgreSQL goes away while the relay takes the mail."""
    email = address()
    gone = threading.Event()
    talk = relay(**{".": lambda: gone.wait(60) and "250 taken"})
    stack.send(asks(email))
    wait_until(lambda: "." in talk.seen, what="the message to be with the relay")
    stack.kill("postgres")
    gone.set()
    stack.start("postgres")
    wait_until(lambda: stack.ready("mailer"), 60, "the mailer to be back")
    wait_until(lambda: mails_of(stack, email_key=key_of(ledger, email)) == [("sent", None, 1)], 30, "the result to be kept")
