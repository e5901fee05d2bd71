"""What upstream says about consents, and what a test asks of consent's ledger."""
import hashlib
import re
import uuid
from pathlib import Path

from lethe_stack import event, mail_text

NEWS = "product-a-news"
OTHER = "product-b-news"
TRADE = "trade-offers"
STATEMENTS = {NEWS: 3, OTHER: 1, TRADE: 2}


def address():
    return f"someone.{uuid.uuid4().hex[:12]}@consent-test.example"


def provenance(at="2026-11-01T09:00:00Z"):
    return {"channel": "web-form", "location": "https://acme.example/news", "captured_at": at, "captured_by": "form-1",
            "act": "subject"}


def asks(email, purpose=NEWS, language="en", at="2026-11-01T09:00:00Z"):
    return event("lethe.consent.requested", {
        "address": email, "channel": "email", "purpose": purpose, "statement": STATEMENTS[purpose], "language": language,
        "provenance": provenance(at)}, source="urn:acme:web", key=email)


def asserts(email, purpose=NEWS, given_at="2026-11-02T09:00:00Z", source="urn:acme:shop", **more):
    return event("lethe.consent.recorded", {
        "address": email, "channel": "email", "purpose": purpose, "statement": STATEMENTS[purpose], "language": "en",
        "provenance": provenance(), "given_at": given_at, "given_by": "subject", "how": "checkout box",
        "double_opt_in": False, "evidence": {"box": "ticked"}, **more}, source=source, key=email)


def refuses(email, purpose="all", kind="withdrawn", at="2026-11-20T09:00:00Z"):
    return event(f"lethe.consent.{kind}", {"address": email, "purpose": purpose, "at": at, "how": "phone"},
                 source="urn:acme:helpdesk", key=email)


def vault(stack):
    """How much lies in the vault, and how many keys open it."""
    return (stack.value("SELECT count(*) FROM vault.item"), stack.value("SELECT count(*) FROM keyring.key", keyring=True))


def sealed(stack, kinds=None):
    """The ids of all rows and keys of the vault, or of items of some kinds and their keys (enum vault_kind)."""
    rows = {row[0] for row in stack.rows("SELECT item_id FROM vault.item WHERE %s::int[] IS NULL OR kind = ANY(%s::int[])",
                                         (kinds and list(kinds), kinds and list(kinds)))}
    if kinds:
        return rows
    return rows | {row[0] for row in stack.rows("SELECT key_id FROM keyring.key", keyring=True)}


def forget_the_day(stack):
    """As if what came in before were of another day."""
    for service in ("intake", "consent"):
        stack.rows(f"DELETE FROM {service}.inbox")


class Ledger:
    """What a test asks of consent."""

    def __init__(self, stack):
        self.stack = stack
        self.index_key = bytes.fromhex(Path(stack.env["LETHE_INDEX_KEY_FILE"]).read_text().strip())

    def key(self, kind, value):
        digest = hashlib.blake2b(kind.encode() + b"\0" + value.encode(), key=self.index_key, digest_size=16)
        return {"kind": kind, "hash": digest.hexdigest()}

    def keys(self, email, wide=None):
        return [self.key("email", email), self.key("email-wide", wide or email)]

    def decide(self, email, purpose=NEWS, record=None, wide=None):
        item = {"keys": self.keys(email, wide), "purpose": purpose, "channel": "email",
                **({"record": record} if record else {})}
        answer = self.stack.internal("POST", "consent", "/internal/v1/decide", {"items": [item]})
        assert answer.status_code == 200, answer.text
        return answer.json()["items"][0]

    def state(self, email, purpose=NEWS):
        found = self.stack.rows(
            "SELECT s.state FROM consent.state s JOIN consent.address a ON a.id = s.address"
            " WHERE a.email_key = %s AND s.purpose = %s", (bytes.fromhex(self.key("email", email)["hash"]), purpose))
        names = ("requested", "confirmed", "asserted", "withdrawn", "objected", "lifted", "lapsed")
        return names[found[0][0]] if found else None

    def acts(self, email):
        return [row[0] for row in self.stack.rows(
            "SELECT l.act FROM consent.ledger l JOIN consent.address a ON a.id = l.address WHERE a.email_key = %s"
            " ORDER BY l.position", (bytes.fromhex(self.key("email", email)["hash"]),))]

    def link(self, email, after=0):
        number, message = self.stack.wait_mail(email, after=after)
        found = re.search(re.escape(self.stack.env["LETHE_PUBLIC_URL"]) + r"/confirm/[A-Za-z0-9_-]+", mail_text(message))
        assert found, "the mail holds no link to confirm"
        return number, found[0]

    def confirm(self, email, purpose=NEWS):
        """The whole way, by mail and button."""
        after = max((number for number, _ in self.stack.mails(email)), default=0)
        self.stack.send(asks(email, purpose))
        number, link = self.link(email, after=after)
        answer = self.stack.http("POST", link)
        assert answer.status_code == 200, answer.text
        assert self.decide(email, purpose)["allowed"]
        return number, link

    def all_rows(self):
        """Everything that consent keeps, but the runtime's bookkeeping."""
        tables = ("address", "address_source", "ledger", "state", "confirm_token", "refusal", "outbox")
        return {table: sorted(map(str, self.stack.rows(f"SELECT t::text FROM consent.{table} t"))) for table in tables}
