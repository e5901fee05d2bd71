"""200 people are forgotten while events about them keep coming in, some linked by a record that came in just before."""
import itertools
import json
import os
import sys
import threading
from pathlib import Path

import pytest
from forgetting import (all_services_done, ask, keys_without_rows, names_in, open_requests, tables_naming, tasks,
                        wait_completed)
from lethe_stack import ROOT, SERVICES, activity, contact, wait_until
from state_digest import contents

sys.path.insert(0, str(Path(ROOT) / "deploy" / "demo"))

from holders import KafkaArchive, WebhookCrm  # noqa: E402

PEOPLE = int(os.environ.get("LETHE_TEST_FORGETS", "200"))


class Person:
    """One who goes. Lead and customer share an address; the help desk knows phone and surname alone."""

    def __init__(self, number):
        self.number = number
        self.family = f"Geher{number}"
        self.email = f"geht.{number}@fire.example"
        self.phone = f"+4915130{number:06}"
        self.version = itertools.count(2)
        self.serial = itertools.count(1)

    def arrives(self):
        return [contact(f"L-{self.number}", act="staff", email=self.email, phone=self.phone, family_name=self.family),
                contact(f"C-{self.number}", system="shop", category="customer", act="staff", email=self.email.upper(),
                        family_name=self.family),
                activity(f"O-{self.number}", [{"role": "customer", "record": {"system": "shop", "id": f"C-{self.number}"}}],
                         fields={"total": 10, "currency": "EUR", "items": "Product A"}),
                activity(f"M-{self.number}", [{"role": "to", "email": f"bleibt.{self.number}@fire.example"},
                                              {"role": "cc", "email": self.email}],
                         system="dynamics", category="email", fields={"subject": f"Both of you {self.number}", "body": "Hello."})]

    def joins_late(self):
        """The help desk's record: linked by phone and surname alone."""
        return contact(f"H-{self.number}", system="helpdesk", category="customer", act="staff", phone=self.phone,
                       family_name=self.family.upper(), email=f"arbeit.{self.number}@fire.example")

    def keeps_coming(self):
        """What sources go on to send about anybody: changes, news, old and new records of the same address."""
        n = next(self.serial)
        yield contact(f"L-{self.number}", next(self.version), act="staff", change="patch", city=f"City {n}")
        yield activity(f"E-{self.number}-{n}", [{"role": "from", "email": self.email}], system="helpdesk", category="enquiry",
                       fields={"subject": "Where is it", "body": "?"})
        # A few dozen further records, again and again: an address of more than 64 is nobody's own (dedupe's limit).
        yield contact(f"N-{self.number}-{n % 24}", n, act="import", email=self.email, family_name=self.family)


def neighbour(number):
    return contact(f"K-{number}", act="staff", email=f"bleibt.{number}@fire.example", family_name=f"Bleiber{number}",
                   phone=f"+4915131{number:06}", city="Hier")


@pytest.fixture
def holders(own_stack):
    """A webhook and a Kafka reader, both quick to answer."""
    stack = own_stack.up()
    crm, archive = WebhookCrm("fire-crm"), KafkaArchive("fire-archive", stack.env["LETHE_KAFKA"])
    crm.down = False
    for holder, kind, more in ((crm, "webhook", {"url": crm.url}), (archive, "kafka", {})):
        answer = stack.admin("POST", "/holders", {"name": holder.name, "kind": kind, "identifiers": ["email"],
                                                  **holder.public_keys(), **more})
        assert answer.status_code in (200, 201), answer.text
    archive.start()
    yield stack, crm, archive
    crm.close()
    archive.close()


class Fire:
    """Events about all who go, round after round, until told to stop."""

    def __init__(self, stack, people):
        self.stack, self.people = stack, people
        self.stopping = threading.Event()
        self.sent = 0
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping.is_set():
            for person in self.people:
                self.stack.send(list(person.keeps_coming()), flush=False)
                self.sent += 3
                if self.stopping.wait(0.002):
                    break
        self.stack.send()

    def stop(self):
        self.stopping.set()
        self.thread.join(60)


def names_told(stack):
    """Every id and keyed hash that the topics ever told of a record, an activity or a part: {hex}."""
    found = set()
    for _, headers, _, value in stack.all_messages(["record", "activity"]):
        if headers["type"] in ("lethe.record.accepted", "lethe.activity.accepted"):
            found |= names_in(value.decode())
    return found


def neighbours_names(stack):
    """Those that belong to who stays, the sources they share with others (dynamics, ...) included."""
    activities, parts = ([str(i) for i, in stack.rows(f"SELECT {column}_id FROM intake.{table}")]
                         for column, table in (("activity", "activity"), ("part", "part")))
    records = [str(i) for i, in stack.rows("SELECT record_id FROM vault.record")]
    found = {i.replace("-", "") for i in activities + parts + records}
    for _, headers, _, value in stack.all_messages(["record"]):
        if headers["type"] == "lethe.record.accepted" and json.loads(value)["record"] in records:
            found |= names_in(value.decode())
    return found


@pytest.mark.durable
def test_nobody_who_was_forgotten_is_left_and_the_neighbours_are_whole(holders):
    stack, crm, archive = holders
    people = [Person(number) for number in range(PEOPLE)]
    for person in people:
        stack.send(person.arrives(), neighbour(person.number), flush=False)
    stack.send()
    stack.wait_drained(120)
    fire = Fire(stack, people)
    wait_until(lambda: fire.sent > 3 * PEOPLE, 60, "the fire to burn")
    requests = []
    for person in people:
        if person.number % 4 == 0:
            stack.send(person.joins_late())  # acknowledged by the broker a moment before the request
        requests.append(ask(stack, {"email": person.email}))
    wait_until(lambda: len(open_requests(stack, requests)) < PEOPLE // 2, 120, "half of them to be completed")
    during = fire.sent
    wait_completed(stack, requests, 180)
    wait_until(lambda: fire.sent > during + 3 * PEOPLE, 120, "a further round of late events")
    fire.stop()
    stack.wait_drained(120)

    # every holder answered
    for number in requests:
        assert all_services_done(stack, number), tasks(stack, number)
    for person in people:
        assert crm.told_to_forget(person.email) and archive.told_to_forget(person.email), person.number
    assert stack.value("SELECT count(*) FROM erasure.task WHERE outcome IS DISTINCT FROM 'done'") == 0

    # nothing of theirs is left: the neighbours alone are there, and nothing names the others
    assert stack.value("SELECT count(*) FROM vault.record") == PEOPLE, "not only the neighbours are left"
    assert stack.value("SELECT count(*) FROM intake.activity") == PEOPLE, "not only the neighbours' mails are left"
    assert stack.value("SELECT count(*) FROM vault.item WHERE item_id NOT IN (SELECT content_id FROM intake.activity UNION ALL "
                       "SELECT part_id FROM intake.part)") == 0, "sealed rows of nobody's are left"
    for schema in ("dedupe", "retention"):
        late = stack.rows(f"SELECT count(*) FROM {schema}.record WHERE record NOT IN (SELECT record_id FROM vault.record)")
        assert late == [(0,)], f"{schema} knows records that the vault doesn't: {late}"
    assert keys_without_rows(stack) == 0, "the keyring holds keys of what is gone"
    assert tables_naming(stack, names_told(stack) - neighbours_names(stack)) == {}
    for service in SERVICES:
        assert stack.value(f"SELECT count(*) FROM {service}.outbox") == 0

    # the neighbours are whole, and so is what they were written
    fields = sorted(f["city"] + f["email"] for f in contents(stack).values())
    assert fields == sorted(f"Hierbleibt.{n}@fire.example" for n in range(PEOPLE))
    for number in range(0, PEOPLE, max(1, PEOPLE // 10)):
        found = stack.admin("POST", "/subjects/search", {"email": f"bleibt.{number}@fire.example", "fields": True}).json()
        mails = [a for a in found["activities"] if a["category"] == "email"]
        assert [m["content"]["fields"]["subject"] for m in mails] == [f"Both of you {number}"]
        assert f"geht.{number}" not in str(found)
