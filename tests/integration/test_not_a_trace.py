"""After a forget no canary of the person stands in clear anywhere: logs, PostgreSQL, WAL, Redis, topics, keys, event ids; and
within three minutes not in contacts.in either."""
import base64
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.parse
from pathlib import Path

import backups
import pytest
from forgetting import (ask, identity_of, in_redis, in_topics, of_contacts_in, tables_naming, uncompressed_wal,
                        wait_completed)
from lethe_stack import SERVICES, activity, contact, mail_text, wait_until

FAMILY = "Quenzelbrecht"
EMAIL = "ottilie.quenzelbrecht@trace.example"
CANARIES = {
    "surname": "quenzelbrecht",
    "address": EMAIL,
    "phone": "15170987612",
    "street": "Kanarienstieg",
    "source id": "L-TRACE-8841",
    "event id": "evt-trace-8841",
    "body": "Kolibri-Geheimnis",
    "forbidden field": "Verwitwet-Kanarie",
}
NEEDLES = [*CANARIES.values(), FAMILY, EMAIL.upper()]


def lives(stack):
    """A contact over Kafka and HTTP with everything that tells who it is, a consent, an order, a case; some of it bad."""
    def lead(version, **fields):
        return contact(CANARIES["source id"], version, event_id=f"{CANARIES['event id']}-{version}", email=EMAIL,
                       family_name=FAMILY, given_name="Ottilie", phone="+49" + CANARIES["phone"],
                       street=CANARIES["street"] + " 8", marital_status=CANARIES["forbidden field"],
                       consents=[{"purpose": "product-a-news", "statement": 3, "language": "de"}], **fields)

    person = [{"role": "from", "email": EMAIL, "name": f"Ottilie {FAMILY}"}]
    stack.send(lead(1), activity(f"{CANARIES['source id']}-A", person, category="enquiry", system="helpdesk",
                                 event_id=CANARIES["event id"] + "-a", fields={"subject": FAMILY, "body": CANARIES["body"]}))
    assert stack.post_events([lead(2)]).json()["accepted"] == 1
    bad = lead(3)
    bad["data"]["provenance"].pop("act")
    stack.send(bad)
    told = stack.post_events([bad])
    assert told.json()["refused"] and EMAIL not in told.text
    stack.send(activity(CANARIES["source id"] + "-B", person, category="order", fields={"gift_note": CANARIES["body"]}))


def confirm(stack):
    _, message = stack.wait_mail(EMAIL)
    link = re.search(re.escape(stack.env["LETHE_PUBLIC_URL"]) + r"/confirm/[A-Za-z0-9_-]+", mail_text(message))[0]
    assert stack.http("POST", link).status_code == 200


def in_files(stack):
    return set(stack.files_holding(*NEEDLES))


@pytest.mark.durable
def test_not_a_trace_is_left(stack):
    uncompressed_wal(stack)
    lives(stack)
    confirm(stack)
    stack.wait_drained(60)
    source = stack.rows("SELECT source_key FROM vault.record WHERE email_key = (SELECT email_key FROM vault.record ORDER BY "
                        "created_at DESC LIMIT 1)")
    gone = identity_of(stack, [key for key, in source])
    assert len(gone) >= 3
    assert [p for p in in_files(stack) if not of_contacts_in(p)] == [], "she stands in clear even before"

    request = ask(stack, {"email": EMAIL}, requester={"reply_to": EMAIL})
    wait_completed(stack, [request], 60)
    stack.send(contact(CANARIES["source id"], 9, act="staff", email=EMAIL, family_name=FAMILY))  # refused, and no trace of it
    stack.wait_drained(60)
    stack.rows("CHECKPOINT")
    stack.rows("CHECKPOINT", keyring=True)

    assert in_topics(stack, NEEDLES) == set()
    assert in_redis(stack, NEEDLES) == []
    assert [str(p) for p in in_files(stack) if not of_contacts_in(p)] == []
    assert tables_naming(stack, gone) == {}
    for name in SERVICES:
        assert not [n for n in NEEDLES if n.lower() in stack.log(name).lower()], f"{name}'s log"

    wait_until(lambda: not in_files(stack), 180, lambda: f"contacts.in to be free of her; {sorted(map(str, in_files(stack)))}")
    assert in_topics(stack, NEEDLES, without=()) == set(), "contacts.in still hands her out"


# ---- three hundred, of whom a hundred go; backups before and after ---------------------------------------------------------
PEOPLE, GONE = 300, 100


class Person:
    """Canaries in every field, no two alike, one of them with letters that other encodings write differently."""

    def __init__(self, number):
        self.number = number
        word = "".join(chr(ord("a") + int(d)) for d in f"{number:04}")
        self.given, self.family = f"Zwölfine{word}", f"Übelhörq{word}"
        self.email = f"kanarie.{word}@not-one-byte.example"
        self.phone = f"15177{number:06}"
        self.street, self.city = f"Vogelbauerweg{word}", f"Kleinkäfig{word}"
        self.source, self.event = f"NB-{word}-7731", f"evt-nb-{word}"
        self.body, self.gift = f"Geheimnis-{word}-Flöte", f"Schleife-{word}-rot"

    def canaries(self):
        return [self.given, self.family, self.email, self.phone, self.street, self.city, self.source, self.event, self.body,
                self.gift]

    def lives(self):
        person = [{"role": "from", "email": self.email, "name": f"{self.given} {self.family}"}]
        yield contact(self.source, event_id=self.event, given_name=self.given, family_name=self.family, email=self.email,
                      phone="+49" + self.phone, street=self.street, city=self.city)
        yield activity(self.source + "-E", person, category="enquiry", system="helpdesk", event_id=self.event + "-e",
                       fields={"subject": self.family, "body": self.body})
        yield activity(self.source + "-O", [{"role": "customer", "email": self.email}], event_id=self.event + "-o",
                       fields={"gift_note": self.gift, "total": 10, "currency": "EUR"})


def forms(text):
    """A text as it may stand somewhere: plain, in UTF-16, hex, JSON, a URL, and base64 at each of its three places."""
    raw = text.encode()
    yield from {raw, text.encode("utf-16-le"), text.encode("utf-16-be"), json.dumps(text)[1:-1].encode(),
                urllib.parse.quote(text, safe="").encode(), raw.hex().encode(), raw.hex().upper().encode(), raw.lower()}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw)
        inner = whole[4 if before else 0:len(whole) - 4 if (before + len(raw)) % 3 else len(whole)]
        yield from {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}


def places(stack, people):
    """Files that hold any of their canaries in any form; mails are the outside world's."""
    needles = {form for person in people for text in person.canaries() for form in forms(text) if len(form) >= 8}
    home = stack.home.resolve()
    data = [Path(stack.env["LETHE_PG_DATA"]), Path(stack.env["LETHE_KEYRING_DATA"])]
    roots = [p for p in home.iterdir() if p.name != "mail"] + [p for p in data if home not in p.parents]
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(needle for needle in needles if b"\n" not in needle) + b"\n")
        patterns.flush()
        done = subprocess.run(["grep", "-rlaFs", "-f", patterns.name, *roots], stdout=subprocess.PIPE,
                              env={**os.environ, "LC_ALL": "C"}, check=False)
    return sorted(os.fsdecode(name) for name in done.stdout.splitlines())


def readable(stack, person):
    """What the vault opens of one who stays."""
    found = stack.admin("POST", "/subjects/search", {"email": person.email}).json()
    records = re.findall(r'"record": ?"([0-9a-f-]{36})"', json.dumps(found))
    answer = stack.internal("POST", "intake", "/internal/v1/records",
                            {"records": records, "fields": True, "reason": "request", "actor": records[0]})
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.durable
def test_not_one_byte_of_the_forgotten_with_backups_before_and_after(stack):
    uncompressed_wal(stack)
    people = [Person(number) for number in range(PEOPLE)]
    gone, stay = people[:GONE], people[GONE:]
    for person in people:
        stack.send(list(person.lives()), flush=False)
    stack.send()
    stack.wait_drained(120)
    assert places(stack, people[:1]), "the search itself finds what is still in contacts.in"
    before = backups.take(stack)
    requests = [ask(stack, {"email": person.email}) for person in gone]
    wait_completed(stack, requests, 120)
    completed = time.monotonic()
    after = backups.take(stack)
    verdicts = dict(stack.rows("SELECT backup::text, string_agg(DISTINCT outcome, ' ') FROM backup.answer WHERE request = "
                               "ANY(%s::uuid[]) GROUP BY 1", (requests,)))
    assert verdicts == {before["schemas"]: "dark", before["keyring"]: "gone"}
    assert set(after.values()).isdisjoint(verdicts)
    stack.rows("CHECKPOINT")
    stack.rows("CHECKPOINT", keyring=True)
    wait_until(lambda: not places(stack, gone), max(1, completed + 180 - time.monotonic()),
               lambda: f"not one byte to be left; they stand in {places(stack, gone)[:9]}")
    for person in stay:
        told = readable(stack, person)
        assert all(text in told for text in (person.given, person.family, person.email, person.street, person.city)), told
    assert backups.run(stack, "verify").stdout.count("good") == 4
