#!/usr/bin/env python3
"""Plays the story of README's first page against a running stack and prints it as a timeline.

Each step states what was seen and fails where the state is not so. It uses only what the outside may use: Kafka, HTTP,
mails, and psql for looking in. The stack is the one in LETHE_HOME.
"""
import base64
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "lib"), str(ROOT / "deploy" / "demo")]

import backups  # noqa: E402
import generate  # noqa: E402
from duplicates import Duplicates  # noqa: E402
from forgetting import in_redis, in_topics, of_contacts_in  # noqa: E402
from holders import KafkaArchive, WebhookCrm  # noqa: E402
from lethe_stack import SERVICES, Stack, contact, event, mail_text, wait_until  # noqa: E402

HTTP_BATCH = 50
ADA = {"given_name": "Ada", "family_name": "Canarywood", "email": "ada.canarywood@demo-mail.example",
       "phone": "+4915155501234", "work": "a.canarywood@demo-work.example"}
BOB = {"given_name": "Bob", "family_name": "Neighbour", "email": "bob.neighbour@demo-mail.example"}
# Whatever tells of her: name, address, phone, and the ids that her systems know her by.
CANARIES = ("canarywood", "Canarywood", "CANARYWOOD", "15155501234", "LEAD-ADA", "CUST-ADA", "HELP-ADA")


class Failed(Exception):
    """A step saw something else than the story says."""


def must(condition, text):
    if not condition:
        raise Failed(text)


class Timeline:
    """Prints steps with the time since the start and the time each took."""

    def __init__(self):
        self.began = self.step_began = time.monotonic()
        self.number = 0

    def step(self, title):
        self.number += 1
        self.step_began = time.monotonic()
        print(f"\n{self.number:2}. {title}", flush=True)

    def saw(self, text):
        now = time.monotonic()
        print(f"    {now - self.began:6.2f} s  (+{now - self.step_began:.2f})  {text}", flush=True)


class Story:
    """The cast, the stack and what they have done so far."""

    def __init__(self, stack):
        self.stack = stack
        self.time = Timeline()
        self.crm = WebhookCrm("dynamics-crm")
        self.archive = KafkaArchive("mail-archive", stack.env["LETHE_KAFKA"])
        self.truth = {}
        self.ada = {}
        self.request = None
        self.confirmation = 0
        self.backup = {}

    # -- talking to the outside ----------------------------------------------------------------------------------
    def api(self, method, path, body=None, expect=(200, 201, 202)):
        answer = self.stack.admin(method, path, body)
        must(answer.status_code in expect, f"{method} {path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json() if answer.content else {}

    def search(self, address, fields=False):
        return self.api("POST", "/subjects/search", {"email": address, "fields": fields})

    @staticmethod
    def now():
        return _now()

    def request_now(self):
        return self.api("GET", f"/requests/{self.request}")

    def holders_of(self, request):
        return {task["name"]: task for task in request["holders"]}

    def count(self, sql, *params):
        return self.stack.value(sql, params)

    def refusals(self):
        """[(rule, pointer)] of the topic contacts.refused."""
        found = []
        for _, _, value in self.stack.messages("contacts.refused"):
            data = json.loads(value)
            found.append((data["rule"], data.get("pointer", "")))
        return found

    # -- the steps -----------------------------------------------------------------------------------------------
    def the_stack_is_there(self):
        self.time.step("The stack is up")
        for service in SERVICES:
            must(self.stack.ready(service), f"{service} isn't ready")
        total = sum(self.stack.memory_mb(service) for service in SERVICES)
        self.time.saw(f"eight services ready, {total:.0f} MB together; Kafka, two PostgreSQL clusters, Redis, SMTP run")

    def holders_register(self):
        self.time.step("Two outside holders are registered: a CRM (webhook) and an archive (Kafka)")
        common = {"identifiers": ["email", "phone", "source"], "contact": "dpo@holder.example"}
        self.api("POST", "/holders", {"name": self.crm.name, "kind": "webhook", "system": "dynamics",
                                      "url": self.crm.url, **self.crm.public_keys(), **common})
        self.api("POST", "/holders", {"name": self.archive.name, "kind": "kafka", **self.archive.public_keys(), **common})
        self.archive.start()
        named = {holder["name"] for holder in self.api("GET", "/holders")["holders"]}
        must({self.crm.name, self.archive.name} <= named, f"registered are {named}")
        self.time.saw("both listed; the CRM is down on purpose and answers 503")

    def a_crm_lives(self):
        self.time.step("A CRM's life of 2,000 people comes in, over Kafka and over HTTP")
        events, self.truth = generate.build()
        over_kafka = [e for e in events if e["transport"] == "kafka"]
        over_http = [e for e in events if e["transport"] == "http"]
        for item in over_kafka:
            value = base64.b64decode(item["raw"]) if "raw" in item else json.dumps(item["data"]).encode()
            self.stack.send_raw(value, item["headers"], item["key"])
        good = [e for e in over_http if "refused" not in e]
        for start in range(0, len(good), HTTP_BATCH):
            answer = self.curl_batch(good[start:start + HTTP_BATCH])
            must(answer.get("accepted") == len(good[start:start + HTTP_BATCH]), f"curl was answered {answer}")
        for item in (e for e in over_http if "refused" in e):
            self.refused_over_http(item)
        must(self.stack.producer.flush(60) == 0, "Kafka did not take all messages")
        self.time.saw(f"{len(over_kafka)} events by confluent-kafka, {len(over_http)} by curl; of these "
                      f"{self.truth['repeats']} repeats, {self.truth['patches']} patches out of order")
        self.wait_for_intake(self.truth["records"], self.truth["activities"])
        self.time.saw(f"{self.truth['records']} records and {self.truth['activities']} activities in the vault: "
                      "none lost, none twice")
        wait_until(lambda: len(self.refusals()) >= self.truth["refused"], 20, "the refusals")
        rules = Counter(rule for rule, _ in self.refusals())
        must(sum(rules.values()) == self.truth["refused"], f"refused were {dict(rules)}")
        self.time.saw(f"{self.truth['refused'] + self.truth['refused_http']} malformed or forbidden events refused by name: "
                      + ", ".join(f"{n} {rule}" for rule, n in rules.most_common()))

    def curl_batch(self, items):
        batch = json.dumps([{**e["headers"], "datacontenttype": "application/json", "data": e["data"]} for e in items])
        done = subprocess.run(
            ["curl", "-sS", "--retry", "5", "--noproxy", "*", "-X", "POST", "-H", "Content-Type: application/cloudevents-batch+json",
             "--data-binary", "@-", self.stack.url("intake", "/v1/events")], input=batch.encode(), capture_output=True,
            check=False)
        must(done.returncode == 0, f"curl failed: {done.stderr.decode()}")
        return json.loads(done.stdout)

    def refused_over_http(self, item):
        headers = {f"ce-{name}": value for name, value in item["headers"].items()}
        answer = self.stack.http("POST", self.stack.url("intake", "/v1/events"), data=json.dumps(item["data"]).encode(),
                                 headers={**headers, "Content-Type": "application/json"})
        refused = answer.status_code == 400 or (answer.status_code == 202 and len(answer.json()["refused"]) == 1)
        must(refused, f"{item['refused']}: answered {answer.status_code} {answer.text[:200]}")

    def wait_for_intake(self, records, activities):
        def stored():
            return (self.count("SELECT count(*) FROM vault.record"), self.count("SELECT count(*) FROM intake.activity"))
        wait_until(lambda: stored()[0] >= records and stored()[1] >= activities, 60,
                   lambda: f"{records} records and {activities} activities; there are {stored()}")
        must(stored() == (records, activities), f"expected {(records, activities)}, there are {stored()}")

    def ada_arrives(self):
        self.time.step("Ada signs up at a form, buys in the shop and calls the help desk")
        self.stack.send(
            contact("LEAD-ADA", given_name=ADA["given_name"], family_name=ADA["family_name"], email=ADA["email"],
                    phone=ADA["phone"], language="en", marital_status="married",
                    consents=[{"purpose": "product-a-news", "statement": 3, "language": "en"}]),
            contact("CUST-ADA", system="shop", category="customer", given_name="Ada", family_name=ADA["family_name"],
                    email=ADA["email"].upper(), city="Berlin"),
            contact("HELP-ADA", system="helpdesk", category="customer", act="staff", given_name="A.",
                    family_name=ADA["family_name"].upper(), phone="0151 55501234", email=ADA["work"]),
            contact("C-BOB", system="shop", category="customer", **BOB),
            event("lethe.activity.recorded", {
                "activity": {"system": "dynamics", "id": "M-SHARED", "version": 1}, "category": "email",
                "persons": [{"role": "staff", "email": "sales.one@acme.example", "name": "Sales One"},
                            {"role": "to", "email": BOB["email"]}, {"role": "cc", "email": ADA["email"]}],
                "occurred_at": "2026-11-01T10:00:00Z",
                "fields": {"subject": "Your joint order", "body": "It leaves our house on Monday."}},
                key="dynamics/M-SHARED"))
        self.stack.wait_drained(30)
        found = wait_until(lambda: self._person_of_three(), 20, "Ada's three records to be one person")
        self.ada = found
        self.time.saw("three records of three systems are one person: by address, and by phone and surname")

    def _person_of_three(self):
        found = self.search(ADA["work"], fields=True)
        return found if len(found["persons"]) == 1 and len(found["records"]) == 3 else None

    def policy_dropped(self):
        self.time.step("The policy drops what it does not name")
        lead = next(r for r in self.ada["records"] if r["system"] == "dynamics")
        must("marital_status" not in lead["fields"], "marital_status was stored")
        must(lead["fields"]["family_name"] == ADA["family_name"], f"the lead's fields are {sorted(lead['fields'])}")
        self.time.saw(f"stored of the lead: {', '.join(sorted(lead['fields']))}; marital_status is not among them")

    def double_opt_in(self):
        self.time.step("Double opt-in: a mail, a link, a button")
        self.confirmation, message = self.stack.wait_mail(ADA["email"])
        link = re.search(re.escape(self.stack.env["LETHE_PUBLIC_URL"]) + r"/confirm/[A-Za-z0-9_-]+", mail_text(message))
        must(link, "the mail holds no link to confirm")
        self.time.saw(f"mail to Ada: {message['Subject']!r}")
        page = self.stack.http("GET", link[0])
        must(page.status_code == 200 and "<form" in page.text, f"the page answered {page.status_code}")
        self.stack.http("HEAD", link[0])
        must(self.consent_state() != "confirmed", "looking at the page confirmed")
        self.time.saw("the page shows what she would agree to; looking at it (GET, HEAD) changed nothing")
        pressed = self.stack.http("POST", link[0])
        must(pressed.status_code == 200, f"the button answered {pressed.status_code}")
        wait_until(lambda: self.consent_state() == "confirmed", 10, "the consent to be confirmed")
        self.time.saw("the button (POST) confirmed product-a-news for that address")

    def consent_state(self):
        acts = [act for act in self.search(ADA["email"])["consents"]["ledger"] if act["purpose"] == "product-a-news"]
        return max(acts, key=lambda act: act["position"])["state"] if acts else None

    def campaigns(self):
        self.time.step("A mail for that purpose leaves; one for another purpose does not")
        lead = next(r for r in self.ada["records"] if r["system"] == "dynamics")["record"]

        def campaign(purpose, subject):
            made = self.api("POST", "/campaigns", {
                "purpose": purpose, "content": {"subject": subject, "text": f"{subject}, in short."},
                "subjects": [{"record": lead}]})
            wait_until(lambda: self._settled(made["id"]), 20, f"the campaign for {purpose} to settle")
            return self.api("GET", f"/campaigns/{made['id']}")

        sent = campaign("product-a-news", "Product A learns French")
        number, message = self.stack.wait_mail(ADA["email"], after=self.confirmation)
        must(message["List-Unsubscribe"] and message["List-Unsubscribe-Post"], "the mail has no List-Unsubscribe headers")
        self.time.saw(f"mail {message['Subject']!r}, ground: consent; with List-Unsubscribe ({sent.get('states')})")
        refused = campaign("product-b-news", "Product B is out")
        must(len(self.stack.mails(ADA["email"])) == 2, "a mail for product-b-news left")
        self.confirmation = number
        self.time.saw(f"product-b-news: refused ({refused.get('states')}, why: {refused.get('why')})")

    def _settled(self, campaign):
        states = self.api("GET", f"/campaigns/{campaign}").get("states", {})
        return states and not any(states.get(s) for s in ("queued", "sending", "deferred"))

    def forget(self):
        self.time.step("Ada asks to be forgotten; an operator enters it")
        before = self.count("SELECT count(*) FROM vault.record")
        asked = self.api("POST", "/requests", {
            "kind": "forget", "subject": {"email": ADA["email"]},
            "requester": {"relation": "self", "reply_to": ADA["email"]}, "received_at": _now()})
        self.request = asked["id"]
        self.time.saw(f"request {self.request}, due {asked['due_at']}")
        wait_until(self._services_done, 20, lambda: f"the eight services; the request says {self._brief()}")
        self.time.saw("eight services have destroyed and answered")
        wait_until(lambda: self.holders_of(self.request_now())[self.archive.name]["outcome"] == "done", 20,
                   lambda: f"the archive's answer; {self._brief()} {self.archive.failure or ''}")
        must(self.archive.told_to_forget(ADA["email"]), "the archive wasn't told whom to forget")
        self.time.saw("the archive opened its sealed instruction and answered, signed: done")
        wait_until(lambda: self.crm.turned_away > 0, 20, "a try at the CRM")
        now = self.request_now()
        must(now["status"] == "running" and self.holders_of(now)[self.crm.name]["outcome"] != "done",
             f"without the CRM's answer the request is {self._brief()}")
        must(self.stack.admin("GET", f"/requests/{self.request}/certificate").status_code == 409,
             "there is a certificate before every holder has answered")
        must(self.count("SELECT count(*) FROM vault.record") == before - 3, "not exactly her three records are gone")
        self.time.saw(f"the CRM is down (tried {self.holders_of(now)[self.crm.name]['attempts']} times): the request stays "
                      "open, no certificate; her three records are gone, nobody else's")

    def _services_done(self):
        tasks = self.holders_of(self.request_now())
        return all(tasks.get(service, {}).get("outcome") == "done" for service in SERVICES)

    def _brief(self):
        now = self.request_now()
        return now["status"], {name: (t["status"], t.get("outcome")) for name, t in self.holders_of(now).items()}

    def the_crm_returns(self):
        self.time.step("The CRM comes back")
        self.crm.down = False
        wait_until(lambda: self.request_now()["status"] == "completed", 30, lambda: f"completion; it is {self._brief()}")
        must(self.crm.told_to_forget(ADA["email"]), "the CRM wasn't told whom to forget")
        self.time.saw("retried, answered: done; a second look found nothing; completed")
        number, message = self.stack.wait_mail(ADA["email"], after=self.confirmation)
        self.confirmation = number
        self.time.saw(f"Ada is answered: {message['Subject']!r}")
        answer = self.stack.admin("GET", f"/requests/{self.request}/certificate")
        must(answer.status_code == 200, f"the certificate answered {answer.status_code}")
        verify = Path(self.stack.env["LETHE_BIN"]) / "lethe-verify"
        if verify.exists():
            path = self.stack.home / "certificate.json"
            path.write_bytes(answer.content)
            done = subprocess.run([verify, path], capture_output=True, text=True, check=False)
            must(done.returncode == 0, f"lethe-verify: {done.stdout}{done.stderr}")
            self.time.saw("the certificate is signed; lethe-verify agrees, offline")
        else:
            self.time.saw("the certificate is there")

    def a_late_event(self):
        self.time.step("A late event about her comes in")
        before = Counter(rule for rule, _ in self.refusals())
        self.stack.send(contact("LEAD-ADA", version=9, act="staff", change="patch", phone=ADA["phone"], email=ADA["email"]),
                        contact("LEAD-ADA-2", act="import", email=ADA["email"], family_name=ADA["family_name"]))

        def late():
            return Counter(rule for rule, _ in self.refusals()) - before
        wait_until(lambda: late().total() >= 2, 20, "both to be refused")
        must(late() == Counter({"forgotten": 2}), f"they were refused as {dict(late())}")
        must(not self.search(ADA["email"])["persons"], "she is known again")
        self.time.saw("both refused: forgotten; nobody of that address is known")

    def bob_keeps_his_mail(self):
        self.time.step("The email she was copied on stays readable for Bob")
        bob = self.search(BOB["email"], fields=True)
        shared = next((a for a in bob["activities"] if a["category"] == "email"), None)
        must(shared is not None, "Bob's email is gone")
        must(shared["content"]["fields"]["subject"] == "Your joint order", f"its content is {sorted(shared['content'])}")
        must(not any(c.lower() in json.dumps(shared).lower() for c in CANARIES), "the email still names Ada")
        self.time.saw("subject and text are there; Ada's part of it is not")

    def no_trace(self):
        self.time.step("No trace of her in clear on disk")
        self.stack.rows("CHECKPOINT")
        self.stack.rows("CHECKPOINT", keyring=True)
        found = [str(p) for p in self.stack.files_holding(*CANARIES) if not of_contacts_in(p)]
        must(not found, f"she stands in {found}")
        self.time.saw("files of PostgreSQL, its WAL, the keyring, Kafka (but contacts.in's), logs: not a trace")
        found = in_topics(self.stack, CANARIES)
        must(not found, f"messages hold her: {found}")
        found = in_redis(self.stack, CANARIES)
        must(not found, f"Redis holds her: {found}")
        self.time.saw("topics as a consumer reads them, keys and values of Redis: not a trace")

    def a_backup_is_taken(self):
        self.time.step("A backup is taken: all schemas and, apart, the keyring, sealed")
        self.backup = backups.take(self.stack)
        notes = backups.notes(self.stack)
        must(set(self.backup.values()) <= set(notes), f"noted are {sorted(notes)}")
        must(backups.run(self.stack, "verify").stdout.count("good") == len(notes), "one of them isn't good")
        note = notes[self.backup["schemas"]]
        self.time.saw(f"two files, checked; kept as the {note['rotation']} one until {note['expires_at'][:10]}; Ada is in them")

    def a_restore(self):
        self.time.step("A disaster: the backup with Ada in it is restored")
        for service in SERVICES:
            self.stack.stop(service)
        for what in ("schemas", "keyring"):
            backups.run(self.stack, "restore", self.backup[what])
        rows = self.count("SELECT count(*) FROM vault.record")
        self.time.saw(f"restored while nobody looked: {rows} records, hers among them")
        for service in SERVICES:
            self.stack.start(service, wait=False)
        wait_until(lambda: all(self.stack.ready(service) for service in SERVICES), 60, "the gates to open")
        gone = rows - self.count("SELECT count(*) FROM vault.record")
        must(gone >= 3 and not self.search(ADA["email"])["persons"], f"{gone} records went, and she is known again")
        must(self.search(BOB["email"])["persons"], "Bob is gone")
        report = backups.report(self.stack)
        must(report["totals"]["left"] == 0 and self.request in json.dumps(report), f"the report says {report['totals']}")
        self.time.saw(f"each service stayed closed until the ledger's orders were carried out again: {gone} records gone anew")
        self.time.saw(f"the signed report: {report['totals']['orders']} orders in eight schemas, nothing left")

    def play(self):
        steps = (self.the_stack_is_there, self.holders_register, self.a_crm_lives, self.ada_arrives, self.policy_dropped,
                 self.double_opt_in, self.campaigns, *Duplicates(self, must).steps(), self.a_backup_is_taken, self.forget,
                 self.the_crm_returns, self.a_late_event, self.bob_keeps_his_mail, self.no_trace, self.a_restore)
        try:
            for step in steps:
                step()
        except (Failed, AssertionError) as error:
            self.time.saw(f"FAILED: {error}")
            return 1
        finally:
            self.crm.close()
            self.archive.close()
        print(f"\nThe story held: {len(steps)} steps in {time.monotonic() - self.time.began:.1f} s.", flush=True)
        return 0


def _now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def main():
    home = os.environ.get("LETHE_HOME") or ROOT / "build" / "stack"
    must((Path(home) / "stack.env").exists(), f"no stack runs in {home}")
    return Story(Stack(home, port_base="")).play()


if __name__ == "__main__":
    sys.exit(main())
