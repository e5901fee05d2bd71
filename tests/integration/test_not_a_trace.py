"""After a forget no canary of the person stands in clear anywhere: logs, PostgreSQL, WAL, Redis, topics, keys, event ids; and
within three minutes not in contacts.in either."""
import re

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
