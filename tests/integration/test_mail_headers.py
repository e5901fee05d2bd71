"""What leaves is mail by the book: RFC 5322 and MIME as Python's email reads them, RFC 8058 and 3834, and all of it within what the
example of DKIM in deploy/opendkim signs."""
import email
import email.policy
import email.utils
import re
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from consents import NEWS, Ledger, address, asks
from lethe_stack import ROOT, contact, wait_until

ENVELOPE = re.compile(rb"(X-Envelope-(From|To): [^\r]*\r\n)+")
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type")
PURPOSE_ONLY = ("List-Unsubscribe", "List-Unsubscribe-Post")
LONG = "Überraschung für Sie: " + "sehr viele Wörter über Neuigkeiten " * 12
HARD = ("From here on it is hard.\n.\n..two dots\nFrom the start of a line\n" + "x" * 3000 + "\n" + "ü" * 1500
        + "\ntrailing blanks   \n\ttab = equals\n")
HTML = "<p>" + "<b>Größe</b> " * 400 + "</p>\n.\n<p>The end</p>"


def options_of_the_example():
    """{name: value} of deploy/opendkim/opendkim.conf."""
    lines = (ROOT / "deploy" / "opendkim" / "opendkim.conf").read_text().splitlines()
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def names(value):
    return [name.strip().lower() for name in value.split(",")]


def wire(stack, number):
    """The bytes that the relay got, without the lines that the sink puts before them."""
    return ENVELOPE.sub(b"", (Path(stack.env["LETHE_MAIL_DIR"]) / f"{number:06}.eml").read_bytes(), count=1)


def check_lines(raw):
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a line that doesn't end with CRLF"
    head, _, body = raw.partition(b"\r\n\r\n")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 998, line[:80]
    for line in body.split(b"\r\n"):
        assert len(line) <= 78, line
    for line in head.split(b"\r\n"):
        foldable = re.sub(rb"^[!-9;-~]+: *", b"", line).strip()  # nothing goes between a name and its first word
        assert len(line) <= 78 or not re.search(rb"[ \t]", foldable), line
    assert raw.isascii(), "8bit, without a relay being asked whether it takes it"
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head)
    coded = {line.split(b":")[0] for line in unfolded.split(b"\r\n") if b"=?" in line}
    assert coded <= {b"Subject"}, "encoded words where structure is read: no client finds a URL in them (RFC 2047, 5)"


def check_headers(message, automatic):
    headers = [name.lower() for name in message.keys()]
    assert len(headers) == len(set(headers)), "a header that stands twice"
    assert not {name.lower() for name in ONCE} - set(headers)
    assert message["MIME-Version"] == "1.0"
    assert re.fullmatch(r"<[0-9a-f-]{36}@acme\.example>", message["Message-ID"])
    date = email.utils.parsedate_to_datetime(message["Date"])
    assert date.tzinfo and abs(datetime.now(timezone.utc) - date) < timedelta(minutes=10)
    assert message["From"].addresses[0].addr_spec == "privacy@acme.example" and len(message["To"].addresses) == 1
    if automatic:
        assert message["Auto-Submitted"] == "auto-generated" and not set(PURPOSE_ONLY) & set(message.keys())
        return
    assert "Auto-Submitted" not in message
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    uris = [uri.strip() for uri in message["List-Unsubscribe"].split(",")]
    assert [uri.split(":")[0] for uri in uris] in (["<https", "<mailto"], ["<http", "<mailto"])  # a test's stack has no certificate
    assert all(re.fullmatch(r"<[^<>\s]+>", uri) for uri in uris)


def check_parts(message):
    for part in message.walk():
        assert part.defects == []
        assert [defect for _, value in part.items() for defect in value.defects] == []
        assert part["Content-Transfer-Encoding"] in (None, "7bit", "quoted-printable")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]  # the richest is last
    assert {part.get_content_charset() for part in message.iter_parts()} == {"utf-8"}


def check_signed(message):
    example = options_of_the_example()
    written = {name.lower() for name in message.keys()}
    assert not written - set(names(example["SignHeaders"])), "written, and not signed"
    assert not {name.lower() for name in PURPOSE_ONLY} - set(names(example["OversignHeaders"]))


def check(stack, number, automatic):
    """All of the above; gives back the message as it went over the wire."""
    raw = wire(stack, number)
    check_lines(raw)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    check_headers(message, automatic)
    check_parts(message)
    check_signed(message)
    return message


@pytest.fixture(scope="module")
def person(stack):
    """(address, the record's id) of one who has confirmed."""
    someone, ledger = address(), Ledger(stack)
    ledger.confirm(someone)
    key = bytes.fromhex(ledger.key("email", someone)["hash"])
    stack.send(contact(f"H-{uuid.uuid4().hex[:8]}", email=someone, family_name="Heady"))
    record = wait_until(lambda: stack.rows("SELECT record FROM consent.person_record r JOIN consent.person_key k USING (person)"
                                           " WHERE k.hash = %s", (key,)), what="the person")[0][0]
    return someone, record


def last(stack, to):
    return max((number for number, _ in stack.mails(to)), default=0)


def campaign(stack, record, content):
    answer = stack.internal("POST", "mailer", "/internal/v1/campaigns", {
        "campaign": str(uuid.uuid4()), "purpose": NEWS, "content": content, "records": [str(record)]})
    assert answer.status_code == 202, answer.text


def normal(text):
    return text.replace("\r\n", "\n").rstrip("\n")


@pytest.mark.parametrize("subject,text,html", [
    ("News", "There is news.", None),
    (LONG, HARD, HTML),
    ("x" * 300, "no blank in the subject", None),
    ("News (a comment), \"quoted\" <a@b.example>; x=y", "Looks like a header's syntax.", None),
], ids=["plain", "hard", "no-blank", "syntax"])
def test_a_campaigns_mail(stack, person, subject, text, html):
    someone, record = person
    before = last(stack, someone)
    campaign(stack, record, {"subject": subject, "text": text, **({"html": html} if html else {})})
    message = check(stack, stack.wait_mail(someone, after=before)[0], automatic=False)
    assert message["Subject"].strip() == subject.strip()
    plain, rich = message.iter_parts()
    assert normal(plain.get_content()).startswith(text.rstrip("\n"))
    assert html is None or normal(rich.get_content()).startswith(html)


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_a_confirmation(stack, language):
    someone = address()
    stack.send(asks(someone, language=language))
    check(stack, stack.wait_mail(someone)[0], automatic=True)


def test_an_answer(stack, person):
    someone, _ = person
    before = last(stack, someone)
    assert stack.http("POST", stack.env["LETHE_PUBLIC_URL"] + "/my-data", data={"email": someone}).status_code == 200
    check(stack, stack.wait_mail(someone, after=before)[0], automatic=True)


def test_a_header_can_not_be_slipped_in(stack, person):
    """A line break in a subject makes no header and ends no head."""
    someone, record = person
    before = last(stack, someone)
    campaign(stack, record, {"subject": "News\r\nBcc: other@else.example\r\n\r\nbody", "text": "Words."})
    message = check(stack, stack.wait_mail(someone, after=before)[0], automatic=False)
    assert "Bcc" not in message and normal(next(message.iter_parts()).get_content()).startswith("Words.")
