"""Consent on the real stack: double opt-in by the mailed link, pages that only a button changes, refusals in all their
width, and what is left where nobody confirmed."""
import hashlib
import json
import re
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
import yaml

from consents import NEWS, OTHER, TRADE, Ledger, address, asks, asserts, forget_the_day, refuses, sealed, vault
from internal_events import forget
from lethe_stack import contact, event, wait_until


@pytest.fixture
def ledger(stack):
    return Ledger(stack)


# ---- double opt-in ---------------------------------------------------------------------------------------------------


def test_double_opt_in(stack, ledger):
    email = address()
    assert ledger.decide(email)["why"] == "no-consent"
    stack.send(asks(email))
    _, link = ledger.link(email)
    assert ledger.state(email) == "requested"
    assert ledger.decide(email)["why"] == "no-consent", "asking is not agreeing"

    stack.wait_drained()
    before = ledger.all_rows()
    page = stack.http("GET", link)
    assert page.status_code == 200
    assert "I want Acme to email me news about Product A" in page.text
    assert '<form method="post">' in page.text and '<html lang="en">' in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    head = stack.http("HEAD", link)
    assert head.status_code == 200 and head.content == b""
    assert ledger.all_rows() == before, "looking changed something"

    pressed = stack.http("POST", link, headers={"User-Agent": "Browser of a person"})
    assert pressed.status_code == 200
    answer = ledger.decide(email)
    assert answer["allowed"] and answer["ground"] == "consent" and answer["statement"] == 3
    assert answer["unsubscribe_url"].startswith(stack.env["LETHE_PUBLIC_URL"] + "/unsubscribe/")
    assert ledger.decide(email, OTHER)["why"] == "no-consent", "a grant is for one purpose"
    assert ledger.acts(email) == [0, 1]

    evidence = stack.rows("SELECT evidence, statement_digest FROM consent.ledger WHERE act = 1 AND position = %s",
                          (answer["position"],))[0]
    assert stack.value("SELECT kind FROM vault.item WHERE item_id = %s", (evidence[0],)) == 4
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (evidence[0],), keyring=True) == 1
    statement = "I want Acme to email me news about Product A. I can withdraw this at any time."
    assert bytes(evidence[1]) == hashlib.sha256(statement.encode()).digest()


def test_a_link_works_once_and_stands_nowhere(stack, ledger):
    email = address()
    _, link = ledger.confirm(email)
    token = link.rsplit("/", 1)[1]
    acts = ledger.acts(email)
    again = stack.http("POST", link)
    assert again.status_code == 200 and "on record" in again.text
    assert ledger.acts(email) == acts
    stack.send(refuses(email, NEWS, at="2026-11-22T00:00:00Z"))
    wait_until(lambda: ledger.decide(email).get("why") == "withdrawn", what="the withdrawal to be seen")
    dead = stack.http("POST", link)
    assert dead.status_code == 410
    assert ledger.decide(email)["why"] == "withdrawn", "an old link brought a refused consent back"
    stack.wait_drained()
    assert not stack.files_holding(token), "the link's token lies on a disk"


def test_links_that_are_none(stack, ledger):
    before = ledger.all_rows()
    public = stack.env["LETHE_PUBLIC_URL"]
    for path in ("/confirm/abc", "/confirm/" + "A" * 43, "/unsubscribe/abc", "/unsubscribe/" + "A" * 55):
        for method in ("GET", "POST"):
            answer = stack.http(method, public + path)
            assert answer.status_code == 404, (method, path, answer.status_code)
            assert "<h1>" in answer.text
    assert ledger.all_rows() == before


def test_pages_and_mails_speak_the_readers_language(stack, ledger):
    email = address()
    stack.send(asks(email, language="fr"))
    _, message = stack.wait_mail(email)
    _, link = ledger.link(email)
    page = stack.http("GET", link, headers={"Accept-Language": "de"})
    assert '<html lang="fr">' in page.text and "Je souhaite recevoir" in page.text
    assert "confirm" in message["Subject"].lower()
    wrong = stack.http("GET", stack.env["LETHE_PUBLIC_URL"] + "/confirm/none", headers={"Accept-Language": "de-AT, en;q=0.5"})
    assert '<html lang="de">' in wrong.text


def test_requests_are_bounded(stack, ledger):
    email = address()
    stack.send(asks(email))
    number, link = ledger.link(email)
    stack.send(asks(email), asks(email), asks(email))
    wait_until(lambda: len(ledger.acts(email)) == 4, what="the requests to be on the ledger")
    stack.wait_drained()
    assert [n for n, _ in stack.mails(email)] == [number], "a form filled a mailbox"
    assert stack.http("POST", link).status_code == 200
    stack.send(asks(email))
    stack.wait_drained()
    assert len(stack.mails(email)) == 1, "a confirmed address was asked again"


def test_a_record_may_ask(stack, ledger):
    email, record = address(), f"C-{uuid.uuid4().hex[:8]}"
    stack.send(contact(record, email=email, given_name="Lea",
                       consents=[{"purpose": NEWS, "statement": 3, "language": "de"}]))
    _, message = stack.wait_mail(email)
    assert "bestätigen" in message["Subject"]
    assert stack.http("POST", ledger.link(email)[1]).status_code == 200
    assert ledger.decide(email)["allowed"]


def test_a_purpose_with_an_age_and_a_ground_by_kind_of_address(stack, ledger):
    """The page asks for the age; a role's mailbox in France may be mailed on a soft opt-in, a consumer's not."""
    email, role, consumer = address(), f"info@{uuid.uuid4().hex[:12]}.example", address()
    stack.send(asks(email, TRADE))
    _, link = ledger.link(email)
    assert 'type="checkbox" name="age"' in stack.http("GET", link).text
    missed = stack.http("POST", link)
    assert missed.status_code == 422 and 'role="alert"' in missed.text
    assert ledger.state(email, TRADE) == "requested", "confirmed without a word about the age"
    assert stack.http("POST", link, data={"age": "yes"}).status_code == 200
    answer = ledger.decide(email, TRADE)
    assert answer["allowed"] and answer["statement"] == 2
    assert stack.value("SELECT age_over FROM consent.ledger WHERE position = %s", (answer["position"],)) == 18

    sale = {"soft_opt_in": {"sale": "O-1", "similar": True, "opt_out_offered": True}, "country": "FR",
            "age": {"over": 18, "how": "checkout"}, "double_opt_in": True}
    stack.send(asserts(role, TRADE, **sale), asserts(consumer, TRADE, **{**sale, "double_opt_in": False}))
    wait_until(lambda: 2 in ledger.acts(consumer) and 2 in ledger.acts(role), what="the assertions")
    answer = ledger.decide(role, TRADE)
    assert answer["allowed"] and answer["ground"] == "soft-opt-in"
    assert ledger.decide(consumer, TRADE)["why"] == "no-consent", "the policy wants a double opt-in from the shop"


# ---- leaving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_one_click(stack, ledger, encoding):
    email = address()
    ledger.confirm(email)
    url = ledger.decide(email)["unsubscribe_url"]
    stack.wait_drained()
    before = ledger.all_rows()
    page = stack.http("GET", url)
    assert page.status_code == 200 and 'value="purpose"' in page.text and 'value="all"' in page.text
    assert stack.http("HEAD", url).status_code == 200
    assert ledger.all_rows() == before, "looking changed something"
    assert ledger.decide(email)["allowed"]

    body = {"data": {"List-Unsubscribe": "One-Click"}} if encoding == "urlencoded" else {
        "files": {"List-Unsubscribe": (None, "One-Click")}}
    answer = stack.http("POST", url, allow_redirects=False, **body)
    assert answer.status_code == 200
    assert ledger.decide(email)["why"] == "withdrawn", "an acknowledged withdrawal wasn't seen"
    acts = ledger.acts(email)
    assert acts[-1] == 3
    assert stack.http("POST", url, **body).status_code == 200
    assert ledger.acts(email) == acts, "a repeat is no new act"


def test_a_mail_to_the_unsubscribe_address(stack, ledger):
    """Read from its Maildir: the token in the subject unsubscribes; what has none is left for a human."""
    email, folder = address(), Path(stack.env["LETHE_UNSUBSCRIBE_MAILDIR"])
    ledger.confirm(email)
    ledger.confirm(email, OTHER)
    mailto = stack.internal("POST", "consent", "/internal/v1/decide", {"items": [
        {"keys": ledger.keys(email), "purpose": NEWS, "channel": "email"}]}).json()["items"][0]["unsubscribe_mailto"]
    found = re.fullmatch(r"mailto:unsubscribe@acme\.example\?subject=unsubscribe%20([\w-]{55})", mailto)
    assert found, mailto

    def deliver(name, subject, body=""):
        (folder / "tmp" / name).write_text(f"From: {email}\r\nTo: unsubscribe@acme.example\r\nSubject: {subject}\r\n\r\n{body}")
        (folder / "tmp" / name).rename(folder / "new" / name)
    deliver("1.a.host", "unsubscribe", body=found[1])
    deliver("2.b.host", "Unsubscribe " + found[1])
    deliver("3.c.host", "unsubscribe " + "A" * 55)
    wait_until(lambda: not list((folder / "new").iterdir()), what="the mails to be read")
    assert ledger.decide(email)["why"] == "withdrawn" and ledger.acts(email)[-1] == 3
    assert ledger.decide(email, OTHER)["allowed"], "one purpose was refused, not all"
    assert sorted(path.name for path in (folder / "cur").iterdir()) == ["1.a.host:2,S", "3.c.host:2,S"]


def test_the_buttons(stack, ledger):
    email = address()
    ledger.confirm(email)
    ledger.confirm(email, OTHER)
    url = ledger.decide(email)["unsubscribe_url"]
    assert stack.http("POST", url, data={"scope": "purpose"}).status_code == 200
    assert ledger.decide(email)["why"] == "withdrawn"
    assert ledger.decide(email, OTHER)["allowed"], "one purpose was refused, not all"
    assert stack.http("POST", url, data={"scope": "all"}).status_code == 200
    assert ledger.decide(email, OTHER)["why"] == "objected"
    assert ledger.decide(email, "order-mail")["allowed"], "a contract's mails go on"
    assert ledger.decide(email, "no-such-purpose")["why"] == "unknown-purpose"


def test_the_preference_centre(stack, ledger):
    email = address()
    number, _ = ledger.confirm(email)
    url = ledger.decide(email)["unsubscribe_url"]
    assert 'href="../preferences/' in stack.http("GET", url).text
    url = url.replace("/unsubscribe/", "/preferences/")
    stack.wait_drained()
    before = ledger.all_rows()
    page = stack.http("GET", url + "?lang=de")
    assert page.status_code == 200 and '<html lang="de">' in page.text
    assert f'name="wanted-{NEWS}" value="yes" checked' in page.text and "Ich möchte von Acme per E-Mail" in page.text
    assert f'name="wanted-{OTHER}" value="yes">' in page.text and "order-mail" not in page.text
    assert stack.http("HEAD", url).status_code == 200
    assert ledger.all_rows() == before, "looking changed something"

    shown = {f"shown-{NEWS}": "on", f"shown-{OTHER}": "off", f"shown-{TRADE}": "off"}
    kept = stack.http("POST", url, data={"do": "save", f"wanted-{NEWS}": "yes", **shown})
    assert kept.status_code == 200 and 'role="status"' in kept.text
    assert ledger.acts(email) == [0, 1], "nothing was changed, yet something was done"
    saved = stack.http("POST", url, data={"do": "save", f"wanted-{OTHER}": "yes", **shown})
    assert saved.status_code == 200 and 'role="status"' in saved.text
    assert ledger.decide(email)["why"] == "withdrawn", "an acknowledged withdrawal wasn't seen"
    assert ledger.decide(email, OTHER)["why"] == "no-consent", "a tick behind a mail's link is no confirmation"
    _, link = ledger.link(email, after=number)
    assert stack.http("POST", link).status_code == 200
    assert ledger.decide(email, OTHER)["allowed"]

    assert stack.http("POST", url, data={"do": "all"}).status_code == 200
    assert ledger.decide(email, OTHER)["why"] == "objected"
    assert 'value="lift"' in stack.http("GET", url).text
    assert stack.http("POST", url, data={"do": "lift"}).status_code == 200
    assert ledger.decide(email, OTHER)["why"] == "no-consent"
    for method in ("GET", "POST"):
        assert stack.http(method, url[:-3] + "AAA").status_code == 404


def test_after_a_withdrawal_the_person_may_come_back(stack, ledger):
    email = address()
    number, _ = ledger.confirm(email)
    stack.http("POST", ledger.decide(email)["unsubscribe_url"], data={"List-Unsubscribe": "One-Click"})
    stack.send(asks(email))  # captured before the withdrawal: an event that came in late
    wait_until(lambda: len(ledger.acts(email)) == 4, what="the late request")
    stack.wait_drained()
    assert len(stack.mails(email)) == 1, "a request from before the withdrawal asked again"
    stack.send(asks(email, at="2099-01-01T00:00:00Z"))  # a clock that runs ahead counts as now
    _, link = ledger.link(email, after=number)
    assert ledger.decide(email)["why"] == "withdrawn"
    assert stack.http("POST", link).status_code == 200
    assert ledger.decide(email)["allowed"]


def test_refused_while_the_link_was_open(stack, ledger):
    email = address()
    stack.send(asks(email))
    _, link = ledger.link(email)
    stack.send(refuses(email, "all", "objected"))
    wait_until(lambda: ledger.decide(email).get("why") == "objected", what="the objection to be seen")
    assert stack.http("GET", link).status_code == 409
    assert stack.http("POST", link).status_code == 409
    assert ledger.decide(email)["why"] == "objected"
    stack.send(asks(email, OTHER))  # captured before the objection
    stack.send(contact(f"I-{uuid.uuid4().hex[:8]}", email=email, consents=[{"purpose": OTHER, "statement": 1}],
                       act="import", captured_at="2026-11-24T00:00:00Z"))
    stack.wait_drained()
    assert len(stack.mails(email)) == 1, "somebody who objected was asked again"


def test_an_objection_is_lifted_by_the_persons_own_later_act(stack, ledger):
    email = address()
    number, _ = ledger.confirm(email)
    url = ledger.decide(email)["unsubscribe_url"]
    assert stack.http("POST", url, data={"scope": "all"}).status_code == 200
    assert ledger.decide(email)["why"] == "objected"
    stack.send(asks(email, OTHER, at="2099-01-01T00:00:00Z"))  # a clock that runs ahead counts as now
    _, link = ledger.link(email, after=number)
    assert ledger.decide(email, OTHER)["why"] == "objected", "asking lifts nothing"
    assert stack.http("POST", link).status_code == 200
    assert ledger.decide(email, OTHER)["allowed"]
    assert ledger.decide(email)["why"] == "objected", "it was lifted for one purpose"
    assert ledger.acts(email)[-2:] == [5, 1]


def test_the_button_that_lifts_an_objection(stack, ledger):
    email = address()
    ledger.confirm(email)
    url = ledger.decide(email)["unsubscribe_url"]
    assert 'value="lift"' not in stack.http("GET", url).text
    stack.http("POST", url, data={"scope": "lift"})
    assert 5 not in ledger.acts(email), "nothing was there to lift"
    stack.http("POST", url, data={"scope": "all"})
    before = ledger.all_rows()
    assert 'value="lift"' in stack.http("GET", url).text
    assert ledger.all_rows() == before, "looking changed something"
    one_click = stack.http("POST", url, data={"scope": "lift", "List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200 and ledger.decide(email)["why"] == "objected"
    assert stack.http("POST", url, data={"scope": "lift"}).status_code == 200
    assert ledger.decide(email)["why"] == "no-consent", "lifting revives nothing"
    assert ledger.acts(email)[-1] == 5
    stack.http("POST", url, data={"scope": "all"})
    assert ledger.decide(email)["why"] == "objected"


def test_a_refusal_reaches_every_address_of_the_person(stack, ledger):
    one, two = address(), address()
    first, second = f"W-{uuid.uuid4().hex[:8]}", f"W-{uuid.uuid4().hex[:8]}"
    stack.send(contact(first, email=one, family_name="Wide"), contact(second, email=two, family_name="Wide"))
    ledger.confirm(one)
    ledger.confirm(two)
    stack.send(event("lethe.contact.merged", {"system": "dynamics", "survivor": first, "losers": [second], "version": 2},
                     key=f"dynamics/{first}"))
    wait_until(lambda: stack.value(
        "SELECT count(DISTINCT k.hash) FROM consent.person_key k WHERE k.person IN"
        " (SELECT person FROM consent.person_key WHERE hash = %s) AND k.hash IN (%s, %s)",
        [bytes.fromhex(ledger.key("email", e)["hash"]) for e in (one, one, two)]) == 2,
        what="the two to be one person")
    assert ledger.decide(two)["allowed"]
    stack.http("POST", ledger.decide(one)["unsubscribe_url"], data={"List-Unsubscribe": "One-Click"})
    assert ledger.decide(one)["why"] == "withdrawn"
    assert ledger.decide(two)["why"] == "withdrawn", "the refusal stopped at one address"
    assert ledger.state(two) == "withdrawn"
    stack.wait_drained()
    told = [json.loads(value) for headers, _, value in stack.messages("consent")
            if headers["type"] == "lethe.consent.changed"]
    last = {}
    for change in told:
        key = (change["address"], change.get("purpose"))
        if change["rev"] > last.get(key, {"rev": -1})["rev"]:
            last[key] = change
    states = {c["state"] for c in last.values() if c["keys"][0]["hash"] == ledger.key("email", two)["hash"]}
    assert states == {"withdrawn"}


def test_a_refusal_of_a_record_reaches_its_addresses(stack, ledger):
    """A role's mailbox is no key of a person, yet it was granted through the record."""
    email, number = f"info@{uuid.uuid4().hex[:12]}.example", f"R-{uuid.uuid4().hex[:8]}"
    stack.send(contact(number, email=email, family_name="Role", consents=[{"purpose": NEWS, "statement": 3, "language": "en"}]))
    assert stack.http("POST", ledger.link(email)[1]).status_code == 200
    assert ledger.decide(email)["allowed"]
    stack.send(event("lethe.consent.withdrawn", {"record": {"system": "dynamics", "id": number}, "purpose": "all",
                                                "at": "2026-11-24T09:00:00Z", "how": "phone"}, source="urn:acme:dynamics",
                     key=f"dynamics/{number}"))
    wait_until(lambda: ledger.decide(email).get("why") == "withdrawn", what="the refusal to be seen")
    assert ledger.state(email) == "withdrawn"


def test_each_refusal_is_told(stack, ledger):
    """Holders hear of it, though nothing was ever granted here."""
    number = f"T-{uuid.uuid4().hex[:8]}"
    stack.send(contact(number, email=address(), family_name="Told"))
    stack.wait_drained()
    key = bytes.fromhex(ledger.key("source", f"dynamics/{number}")["hash"])
    stack.send(event("lethe.consent.objected", {"record": {"system": "dynamics", "id": number}, "at": "2026-11-24T09:00:00Z",
                                               "how": "phone"}, source="urn:acme:dynamics", key=f"dynamics/{number}"))
    record = wait_until(lambda: stack.rows("SELECT record FROM consent.ledger WHERE act = 4 AND record IS NOT NULL"
                                           " ORDER BY position DESC LIMIT 1"), what="the objection")[0][0]
    told = wait_until(lambda: [t for t in (json.loads(value) for _, _, value in stack.messages("consent"))
                               if t.get("vault") == str(record)], what="consent.changed")
    assert [t["state"] for t in told] == ["objected"]


def test_a_repeat_on_another_day_is_no_new_act(stack, ledger):
    """The inbox tells repeats by day; the ledger tells them for ever."""
    email, other = address(), address()
    ask, refusal = asks(email), refuses(other, NEWS)
    stack.send(ask, refusal)
    _, link = ledger.link(email)
    wait_until(lambda: ledger.acts(other) == [3], what="the refusal")
    assert stack.http("POST", link).status_code == 200
    stack.wait_drained()
    forget_the_day(stack)
    stack.send(ask, refusal)
    wait_until(lambda: stack.value("SELECT count(*) FROM consent.inbox") > 0, what="the repeat to be read")
    stack.wait_drained()
    assert ledger.acts(email) == [0, 1] and ledger.acts(other) == [3]
    assert stack.value("SELECT count(*) FROM consent.confirm_token t JOIN consent.address a ON a.id = t.address"
                       " WHERE a.email_key = %s", (bytes.fromhex(ledger.key("email", email)["hash"]),)) == 1
    evidence = stack.value("SELECT evidence FROM consent.ledger l JOIN consent.address a ON a.id = l.address"
                           " WHERE a.email_key = %s AND act = 0", (bytes.fromhex(ledger.key("email", email)["hash"]),))
    assert stack.value("SELECT count(*) FROM keyring.key WHERE key_id = %s", (evidence,), keyring=True) == 1


def test_a_bounce_stops_mails_for_a_purpose(stack, ledger):
    email = address()
    number, _ = ledger.confirm(email)

    def bounced(why, at):
        stack.send(event("lethe.mail.changed", {"mail": str(uuid.uuid4()), "rev": 1, "kind": "purpose", "state": "bounced",
                                               "keys": ledger.keys(email), "purpose": NEWS, "ground": "consent",
                                               "why": why, "at": at}, source="lethe/mailer", key=email), topic="mail")
        stack.wait_drained()
    bounced("not-taken", "2099-01-01T00:00:00Z")
    assert ledger.decide(email)["allowed"], "a relay that was away says nothing about the address"
    bounced("smtp-550", "2026-01-01T00:00:00Z")
    assert ledger.decide(email)["allowed"], "it was confirmed after that"
    bounced("smtp-550", "2099-01-01T00:00:00Z")
    assert ledger.decide(email)["why"] == "bounced"
    assert ledger.decide(email, "order-mail")["why"] == "bounced"
    ledger.confirm(email, OTHER)
    assert ledger.decide(email)["allowed"] and number


def test_a_bounce_of_an_address_that_nobody_was_asked_about_stops_mails_for_a_month(stack, ledger):
    email, old = address(), address()
    now = datetime.now(timezone.utc)

    def bounced(email, at):
        stack.send(event("lethe.mail.changed", {"mail": str(uuid.uuid4()), "rev": 1, "kind": "purpose", "state": "bounced",
                                               "keys": ledger.keys(email), "purpose": "order-mail", "ground": "contract",
                                               "why": "smtp-550", "at": at.strftime("%Y-%m-%dT%H:%M:%SZ")},
                         source="lethe/mailer", key=email), topic="mail")
    assert ledger.decide(email, "order-mail")["allowed"]
    bounced(email, now)
    bounced(old, now - timedelta(days=40))
    stack.wait_drained()
    assert ledger.decide(email, "order-mail")["why"] == "bounced" and ledger.decide(old, "order-mail")["allowed"]
    rows = "SELECT count(*) FROM consent.address WHERE email_key = %s"
    wait_until(lambda: stack.value(rows, (bytes.fromhex(ledger.key("email", old)["hash"]),)) == 0, 30, "what is over to go")
    assert stack.value(rows, (bytes.fromhex(ledger.key("email", email)["hash"]),)) == 1


def test_what_is_dropped_leaves_nothing_in_the_vault(stack, ledger):
    """A refused wish, one for an address that a refusal was waiting for: neither evidence nor address stays."""
    name = f"alike{uuid.uuid4().hex[:8]}"
    plain, tagged = f"{name}@gmail.com", f"{name[:3]}.{name[3:]}+shop@gmail.com"
    stack.send(refuses(plain, NEWS, at="2026-11-24T00:00:00Z"))
    wait_until(lambda: ledger.decide(plain).get("why") == "withdrawn", what="the refusal to be seen")
    stack.wait_drained()
    before = vault(stack)
    stack.send(asks(tagged))  # captured before the refusal, at an address that nobody holds
    stack.wait_drained()
    wait_until(lambda: vault(stack) == before, what="the vault to be as it was")
    assert ledger.acts(tagged) == []
    assert stack.value("SELECT count(*) FROM consent.address WHERE email_key = %s",
                       (bytes.fromhex(ledger.key("email", tagged)["hash"]),)) == 0


def test_a_refusal_travels_with_merges_that_come_out_of_order(stack, ledger):
    """A was merged into B, B into C; consent hears of the second first."""
    people = [str(uuid.uuid4()) for _ in "abc"]
    emails = [address() for _ in people]

    def linked(n, rev, *of):
        return event("lethe.person.linked", {"person": people[n], "rev": rev, "records": [], "restricted": False,
                                            "keys": [k for e in of for k in ledger.keys(emails[e])]},
                     key=people[n], source="lethe/dedupe")

    def merged(n, into):
        return event("lethe.person.merged", {"person": people[n], "rev": 9, "into": people[into]}, key=people[n],
                     source="lethe/dedupe")
    ledger.confirm(emails[2])
    stack.send(refuses(emails[0], "all", "objected"))
    wait_until(lambda: ledger.decide(emails[0]).get("why") == "objected", what="the objection")
    stack.send(*[linked(n, 1, n) for n in range(3)], topic="person")
    stack.wait_drained()
    stack.send(merged(1, 2), topic="person")
    stack.wait_drained()
    stack.send(linked(2, 2, 1, 2), topic="person")  # what A's refusal stood on is held by nobody any more
    stack.wait_drained()
    assert ledger.decide(emails[2])["allowed"]
    stack.send(merged(0, 1), topic="person")
    wait_until(lambda: ledger.decide(emails[2]).get("why") == "objected", what="the refusal to come through")
    assert ledger.state(emails[2]) == "objected"


def test_a_refusal_reaches_what_canonicalises_alike(stack, ledger):
    name = f"alike{uuid.uuid4().hex[:8]}"
    plain, tagged = f"{name}@gmail.com", f"{name[:3]}.{name[3:]}+shop@gmail.com"
    stack.send(refuses(plain, NEWS))
    wait_until(lambda: ledger.decide(plain).get("why") == "withdrawn", what="the refusal to be seen")
    assert ledger.decide(tagged, wide=plain)["why"] == "withdrawn"
    assert ledger.decide(plain, OTHER)["why"] == "no-consent"


def test_no_assertion_overrides_a_refusal(stack, ledger):
    email, trusted = address(), address()
    stack.send(refuses(email, NEWS, at="2020-01-01T00:00:00Z"))
    wait_until(lambda: ledger.decide(email).get("why") == "withdrawn", what="the refusal to be seen")
    stack.send(asserts(email), asserts(trusted))
    wait_until(lambda: ledger.decide(trusted)["allowed"], what="the assertion to be seen")
    stack.wait_drained()
    assert ledger.decide(email)["why"] == "withdrawn"
    assert 2 in ledger.acts(email), "the assertion is on the ledger all the same"


# ---- the ledger ------------------------------------------------------------------------------------------------------


def test_the_ledger_only_grows(stack, ledger):
    email = address()
    ledger.confirm(email)
    for statement in ("UPDATE consent.ledger SET act = 3", "DELETE FROM consent.ledger", "TRUNCATE consent.ledger",
                      "SET lethe.ledger_erase = on; DELETE FROM consent.ledger"):
        with pytest.raises(psycopg.Error) as refused:
            stack.rows(statement)
        assert refused.value.sqlstate == "LT002", statement
    for right in ("UPDATE", "DELETE", "TRUNCATE"):
        assert not stack.value("SELECT has_table_privilege('lethe_consent', 'consent.ledger', %s)", (right,))


def digest_of(stack, position):
    """As the README says, independently of the database's own function."""
    row = stack.rows(
        "SELECT position, address::text, encode(subject_key, 'hex'), record::text, channel, purpose, statement, language,"
        " act, given_by, (extract(epoch FROM at) * 1000000)::bigint, (extract(epoch FROM recorded_at) * 1000000)::bigint,"
        " source, evidence::text, encode(statement_digest, 'hex'), policy_version, controller, act_id::text, age_over, salt"
        " FROM consent.ledger WHERE position = %s", (position,))[0]
    return hashlib.sha256(bytes(row[-1]) + json.dumps(row[:-1], ensure_ascii=False).encode()).digest()


def whole(stack, email_key):
    return stack.value("SELECT v.whole FROM consent.ledger_verify('', 1000000) v JOIN consent.address a"
                       " ON uuid_send(a.id) = v.chain WHERE a.email_key = %s", (email_key,))


def test_each_act_carries_the_seal_of_the_one_before(stack, ledger):
    email = address()
    key = bytes.fromhex(ledger.key("email", email)["hash"])
    ledger.confirm(email)
    stack.http("POST", ledger.decide(email)["unsubscribe_url"], data={"scope": "purpose"})
    rows = stack.rows("SELECT position, seal FROM consent.ledger WHERE subject_key = %s ORDER BY position", (key,))
    assert len(rows) == 3
    run = b""
    for position, seal in rows:
        run = hashlib.sha256(run + digest_of(stack, position)).digest()
        assert bytes(seal) == run
    assert whole(stack, key)
    assert stack.value("SELECT count(*) FROM consent.ledger_verify('', 1000000) WHERE NOT whole") == 0

    def behind_the_back(*statements):
        """As a superuser could, without the triggers; it is undone."""
        with psycopg.connect(stack.env["LETHE_PG"]) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                connection.execute(statement, (rows[1][0],))
            found = connection.execute("SELECT v.whole FROM consent.ledger_verify('', 1000000) v JOIN consent.address a"
                                       " ON uuid_send(a.id) = v.chain WHERE a.email_key = %s", (key,)).fetchone()[0]
            connection.rollback()
        return found
    assert not behind_the_back("UPDATE consent.ledger SET act = 3 WHERE position = %s"), "an act was changed unseen"
    assert not behind_the_back("DELETE FROM consent.ledger WHERE position = %s"), "an act was taken out unseen"
    assert not behind_the_back("DELETE FROM consent.ledger WHERE position > %s"), "the end was cut off unseen"
    assert not behind_the_back("DELETE FROM consent.ledger_head WHERE chain ="
                               " (SELECT chain FROM consent.ledger WHERE position = %s)"), "the head was taken unseen"
    assert whole(stack, key)


def test_subject_tells_the_rows(stack, ledger):
    email = address()
    ledger.confirm(email)
    answer = stack.internal("POST", "consent", "/internal/v1/subject", {"keys": ledger.keys(email)})
    rows = answer.json()["ledger"]
    assert [row["act"] for row in rows] == ["requested", "confirmed"]
    assert all(row["state"] == "confirmed" and row["purpose"] == NEWS for row in rows)
    for path in ("decide", "subject"):
        assert stack.http("POST", stack.url("consent", f"/internal/v1/{path}"), json={"items": []}).status_code == 401


def test_resync_says_everything_again(stack, ledger):
    email = address()
    ledger.confirm(email)
    stack.wait_drained()

    def said():
        return [json.loads(value)["rev"] for _, _, value in stack.messages("consent")
                if json.loads(value)["keys"][0]["hash"] == ledger.key("email", email)["hash"]]
    before = said()
    assert stack.internal("POST", "consent", "/internal/v1/resync").status_code in (200, 202)
    after = wait_until(lambda: (lambda now: now if len(now) > len(before) else None)(said()), what="the state again")
    assert max(after) == max(before), "a resync made up a revision"


# ---- ends --------------------------------------------------------------------------------------------------------------


def a_changed_statement_asks_anew(stack, ledger, say):
    """One mail to who agreed to the older version; until its button is pressed nothing may be mailed."""
    loyal, gone = address(), address()
    number, _ = ledger.confirm(loyal)
    ledger.confirm(gone)
    stack.http("POST", ledger.decide(gone)["unsubscribe_url"], data={"List-Unsubscribe": "One-Click"})
    say(lambda words: words["purposes"][NEWS]["statements"].append(
        {"version": 4, "language": "en", "asks_anew": True, "text": "I want all news about Product A."}))
    assert ledger.decide(loyal)["why"] == "statement-changed"
    _, link = ledger.link(loyal, after=number)
    assert "I want all news about Product A." in stack.http("GET", link).text
    say(lambda words: None)  # the job looks again
    assert ledger.decide(loyal)["why"] == "statement-changed"
    assert stack.http("POST", link).status_code == 200
    answer = ledger.decide(loyal)
    assert answer["allowed"] and answer["statement"] == 4
    stack.wait_drained()
    assert len(stack.mails(loyal)) == 2 and len(stack.mails(gone)) == 1, "asked twice, or asked who refused"


def test_what_nobody_confirms_is_erased(own_stack):
    own_stack.up()
    policy = Path(own_stack.env["LETHE_POLICY"])

    def say(change):
        words = yaml.safe_load(policy.read_text())
        change(words)
        policy.write_text(yaml.safe_dump(words, allow_unicode=True, sort_keys=False))
        own_stack.restart("consent")
    ledger = Ledger(own_stack)
    say(lambda words: words.update(opt_in_valid="PT3S"))
    silent, known = address(), address()

    own_stack.send(refuses(known, OTHER))
    wait_until(lambda: ledger.decide(known, OTHER).get("why") == "withdrawn", what="the refusal")
    own_stack.send(asks(silent), asks(known))
    _, link = ledger.link(silent)
    ledger.link(known)
    items = [row[0] for row in own_stack.rows(
        "SELECT vault FROM consent.address_source WHERE item UNION SELECT evidence FROM consent.ledger"
        " WHERE evidence IS NOT NULL AND address IN (SELECT id FROM consent.address WHERE email_key = %s)",
        (bytes.fromhex(ledger.key("email", silent)["hash"]),))]
    assert items
    wait_until(lambda: own_stack.http("GET", link).status_code in (404, 410), what="the link to end")
    assert own_stack.http("POST", link).status_code in (404, 410)
    wait_until(lambda: ledger.state(silent) is None and ledger.acts(silent) == [], 40, "the address to be erased")
    assert own_stack.value("SELECT count(*) FROM consent.address WHERE email_key = %s",
                           (bytes.fromhex(ledger.key("email", silent)["hash"]),)) == 0
    assert own_stack.http("POST", link).status_code == 404
    wait_until(lambda: ledger.acts(known) == [3], 60, "the request that led to nothing to go")
    assert ledger.state(known) is None
    assert ledger.decide(known, OTHER)["why"] == "withdrawn", "with the opt-in went a refusal"
    assert own_stack.value("SELECT count(*) FROM consent.ledger_gap") == 2, "the request and its lapse leave their digests"
    assert own_stack.rows("SELECT whole FROM consent.ledger_verify('', 100)") == [(True,)]
    assert own_stack.rows("SELECT vault FROM consent.address_source WHERE item") == []
    wait_until(lambda: own_stack.value("SELECT count(*) FROM consent.doomed") == 0, what="what is nobody's to be destroyed")
    assert own_stack.value("SELECT count(*) FROM vault.item WHERE item_id = ANY(%s)", (items,)) == 0
    assert not sealed(own_stack, kinds=(3, 4)), "what can be opened outlived its term"
    assert own_stack.value("SELECT count(*) FROM keyring.key WHERE key_id = ANY(%s)", (items,), keyring=True) == 0
    own_stack.wait_drained()
    say(lambda words: words.update(opt_in_valid="P7D"))
    a_changed_statement_asks_anew(own_stack, ledger, say)


def test_a_forget_leaves_the_neighbours_proof(stack, ledger):
    """Two people share an address; one is forgotten. The grant stays, and so does what proves it."""
    email, (one, two) = address(), sorted(str(uuid.uuid4()) for _ in range(2))

    def links(person):
        stack.send(event("lethe.person.linked", {"person": person, "rev": 1, "records": [], "restricted": False,
                                                "keys": ledger.keys(email)}, key=person, source="lethe/dedupe"), topic="person")
        stack.wait_drained()
    links(one)
    ledger.confirm(email)  # known as the first one's, then it turns out to be shared
    assert {str(row[0]) for row in stack.rows("SELECT person FROM consent.ledger WHERE subject_key = %s",
                                              (bytes.fromhex(ledger.key("email", email)["hash"]),))} == {one}
    links(two)
    stack.send(forget("destroy", str(uuid.uuid4()), persons=[one]), topic="forget")
    wait_until(lambda: stack.value("SELECT count(*) FROM consent.person WHERE id = %s", (one,)) == 0, what="the one to go")
    assert ledger.acts(email) == [0, 1] and ledger.decide(email)["allowed"]
    assert stack.value("SELECT count(*) FROM consent.ledger WHERE person = %s", (one,)) == 0
    stack.http("POST", ledger.decide(email)["unsubscribe_url"], data={"List-Unsubscribe": "One-Click"})
    assert ledger.decide(email)["why"] == "withdrawn"


def test_a_forget_leaves_nothing(stack, ledger):
    email, number = address(), f"F-{uuid.uuid4().hex[:8]}"
    stack.wait_drained()
    wait_until(lambda: stack.value("SELECT count(*) FROM consent.doomed") == 0, what="what is nobody's to be destroyed")
    others = sealed(stack)
    ledger.confirm(email)
    stack.send(contact(number, email=email, family_name="Gone", consents=[{"purpose": OTHER, "statement": 1, "language": "en"}]))
    stack.send(asks(email), asserts(email), refuses(email, OTHER))  # already confirmed; asserted; refused
    stack.http("POST", ledger.decide(email)["unsubscribe_url"], data={"List-Unsubscribe": "One-Click"})
    hashes = [bytes.fromhex(key["hash"]) for key in ledger.keys(email)]
    hashes += [row[0].bytes for row in stack.rows("SELECT id FROM consent.address WHERE email_key = ANY(%s)", (hashes,))]
    wait_until(lambda: stack.rows("SELECT 1 FROM consent.person_key WHERE hash = ANY(%s)", (hashes,)), what="the person")
    stack.wait_drained()
    theirs = sealed(stack) - others
    assert len(theirs) >= 5
    made = stack.admin("POST", "/requests", {"kind": "forget", "subject": {"email": email},
                                             "requester": {"relation": "self"}})
    assert made.status_code == 202, made.text
    wait_until(lambda: stack.admin("GET", f"/requests/{made.json()['id']}").json()["status"] == "completed", 60,
               "the forget to complete")
    for table, column in (("address", "email_key"), ("ledger", "subject_key"), ("refusal", "subject"),
                          ("person_key", "hash"), ("ledger_head", "chain"), ("ledger_gap", "chain")):
        assert stack.value(f"SELECT count(*) FROM consent.{table} WHERE {column} = ANY(%s)", (hashes,)) == 0, table
    assert not sealed(stack) & theirs, "a key or a row outlived the forget"
    assert ledger.decide(email)["why"] == "restricted"
    assert ledger.decide(email, "order-mail")["why"] == "restricted"
    mails = len(stack.mails(email))
    stack.send(asks(email))  # captured long before the forget
    stack.wait_drained()
    assert stack.value("SELECT count(*) FROM consent.address WHERE email_key = ANY(%s)", (hashes,)) == 0
    assert len(stack.mails(email)) == mails, "somebody who is forgotten was written to"
    wait_until(lambda: stack.value("SELECT count(*) FROM consent.doomed") == 0, what="what came with it to be destroyed")
    assert not sealed(stack, kinds=(3, 4, 5)) - others, "what came with the late request stayed"
