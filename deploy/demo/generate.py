#!/usr/bin/env python3
"""The life of a CRM with some 2,000 people, made from a seed: generate.py [--seed N] [--people N] [--truth FILE]

Prints one JSON object a line, in the order in which upstream would send them:
  {"transport": "kafka" | "http", "key": ..., "headers": {CloudEvents attributes}, "data": {...}}
and for what is no JSON `"raw"` (base64 of the message's value) instead of `data`; `"refused": why` marks what must be
refused. The truth says what a right installation
holds afterwards, so that nobody has to hope: records, activities, persons, refusals, dropped fields.
"""
import argparse
import base64
import datetime
import json
import random
import sys

GIVEN = """Anna Ben Clara David Elif Finn Greta Hassan Ines Jonas Katja Liam Mara Nils Olga Paul Quirin Rosa Samir Tilda Ute
Viktor Wanda Xenia Yara Zeno Amélie Björn Chloé Dörte Élodie François Gülşen Håkon Iğdır Jürgen Łukasz Noémie Óscar Renée
Søren Zoë""".split()
FAMILY_A = "Acker Berg Birken Eichen Falken Feld Gold Grün Hasel Hoch Kirsch Linden Mühl Neu Ober Rosen Sander Stein Tann Winter".split()
FAMILY_B = "bach bauer berg brunn dorf eck feld hagen heim hof holz kamp mann meier roth see stein tal wald zweig".split()
CITIES = [("Berlin", "10115", "DE"), ("Hamburg", "20095", "DE"), ("Köln", "50667", "DE"), ("München", "80331", "DE"),
          ("Wien", "1010", "AT"), ("Zürich", "8001", "CH"), ("Paris", "75001", "FR"), ("Lyon", "69001", "FR")]
STREETS = "Hauptstraße Lindenallee Gartenweg Bahnhofstraße Schulstraße Ringstraße Am Markt Rosenweg".split()
STAFF = [("Sales One", "sales.one@acme.example"), ("Sales Two", "sales.two@acme.example"),
         ("Care Team", "care@acme-support.example")]
PRODUCTS = ["Product A", "Product B", "Product A Pro"]
SUBJECTS = ["Delivery date", "Question about Product A", "Invoice", "Return", "Broken part", "Manual in French"]


class Crm:
    """Makes people and what they do, and keeps the truth beside it."""

    def __init__(self, seed, people, now):
        self.random = random.Random(seed)
        self.seed = seed
        self.now = now
        self.size = people
        self.events = []
        self.serial = 0
        self.people = []
        self.truth = {"people": people, "records": 0, "activities": 0, "fields_dropped": 0, "refused": 0,
                      "refused_http": 0, "repeats": 0, "consent_asks": 0, "patches": 0, "shared_phones": 0,
                      "role_mailboxes": 0}

    # -- small things --------------------------------------------------------------------------------------------
    def chance(self, share):
        return self.random.random() < share

    def past(self, least_days, most_days):
        """An RFC 3339 time so many days ago."""
        seconds = self.random.randrange(least_days * 86400, most_days * 86400)
        return (self.now - datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def pick(self, items):
        return self.random.choice(items)

    def emit(self, kind, data=None, *, key, source, raw=None, repeat_share=0.04, transport=None,
             refused=None):
        """One event; now and then it comes twice, as at-least-once sources do."""
        self.serial += 1
        headers = {"specversion": "1.0", "id": f"{self.seed}-{self.serial}", "source": source, "type": kind,
                   "time": self.past(0, 1)}
        item = {"transport": transport or ("http" if self.chance(0.2) else "kafka"), "key": key, "headers": headers}
        if raw is None:
            item["data"] = data
        else:
            item["raw"] = base64.b64encode(raw).decode()
        if refused:
            item["refused"] = refused
        self.events.append(item)
        if self.chance(repeat_share):
            self.events.append(dict(item))
            self.truth["repeats"] += 1
        return item

    # -- people --------------------------------------------------------------------------------------------------
    def make_people(self):
        for number in range(self.size):
            given = self.pick(GIVEN)
            family = self.pick(FAMILY_A) + self.pick(FAMILY_B)
            city, postcode, country = self.pick(CITIES)
            plain = f"{given}.{family}".encode("ascii", "ignore").decode().lower()
            self.people.append({
                "number": number, "given_name": given, "family_name": family, "city": city, "postcode": postcode,
                "country": country, "street": f"{self.pick(STREETS)} {self.random.randrange(1, 200)}",
                "email": f"{plain}.{number}@mail{number % 7}.example",
                "phone": f"+49151{20000000 + number}", "language": {"FR": "fr", "CH": "de"}.get(country, "de"),
                "records": []})
        # A switchboard: one number, people of different names. They stay two.
        for one, other in zip(self.people[10::200], self.people[11::200]):
            other["phone"] = one["phone"]
            if other["family_name"] == one["family_name"]:
                other["family_name"] += "er"
            self.truth["shared_phones"] += 1
        # A role mailbox identifies nobody.
        for one, other in zip(self.people[20::250], self.people[21::250]):
            one["email"] = other["email"] = f"info@firm{one['number']}.example"
            self.truth["role_mailboxes"] += 1

    def fields(self, person, *, contact_only=False):
        names = ["given_name", "family_name", "email"]
        if not contact_only:
            names += ["phone", "street", "city", "postcode", "country", "language"]
        return {name: person[name] for name in names}

    def provenance(self, channel, location, act):
        return {"channel": channel, "location": location, "captured_at": self.past(1, 500), "captured_by": "generator",
                "act": act}

    # -- contacts ------------------------------------------------------------------------------------------------
    def contact(self, person, system, record_id, category, fields, *, version=1, change="full", provenance, consents=None):
        data = {"record": {"system": system, "id": record_id, "version": version}, "change": change,
                "category": category, "provenance": provenance, "fields": fields}
        if consents:
            data["consents"] = consents
        if version == 1:
            person["records"].append((system, record_id))
            self.truth["records"] += 1
        return self.emit("lethe.contact.recorded", data, key=f"{system}/{record_id}", source=f"urn:acme:{system}")

    def lead(self, person):
        record_id = f"L-{person['number']}"
        fields = self.fields(person)
        fields["product_interest"] = self.pick(PRODUCTS)
        if self.chance(0.1):
            fields["marital_status"] = self.pick(["married", "single"])
            self.truth["fields_dropped"] += 1
        asks = self.chance(0.15) and not person["email"].startswith("info@")
        if asks:
            self.truth["consent_asks"] += 1
        act = "subject" if asks else self.pick(["subject", "staff", "import"])
        self.contact(person, "dynamics", record_id, "lead", fields,
                     provenance=self.provenance("web-form", "https://acme.example/product-a", act),
                     consents=[{"purpose": "product-a-news", "statement": 3, "language": person["language"]}] if asks else None)
        if self.chance(0.3):
            self.patches(person, "dynamics", record_id)

    def patches(self, person, system, record_id):
        """Changed columns, out of order: version 3 overtakes version 2, and a copy of version 1 comes last."""
        def patch(version, fields):
            self.truth["patches"] += 1
            self.contact(person, system, record_id, "lead", fields, version=version, change="patch",
                         provenance=self.provenance("crm", "back office", "staff"))
        patch(3, {"street": f"Neue Straße {person['number']}"})
        patch(2, {"street": "Zwischenweg 1", "city": "Bremen"})

    def customer(self, person):
        fields = self.fields(person)
        fields["customer_since"] = self.past(300, 900)[:10]
        if self.chance(0.5):
            fields["email"] = fields["email"].upper()
        self.contact(person, "shop", f"C-{person['number']}", "customer", fields,
                     provenance=self.provenance("checkout", "https://shop.acme.example", "subject"))

    def helpdesk(self, person):
        """Known there by phone and surname alone, with another address."""
        fields = {"given_name": person["given_name"][0] + ".", "family_name": person["family_name"].upper(),
                  "phone": person["phone"].replace("+49", "0"), "email": f"work.{person['number']}@firm.example"}
        self.contact(person, "helpdesk", f"H-{person['number']}", "customer", fields,
                     provenance=self.provenance("phone", "service line", "staff"))

    # -- activities ----------------------------------------------------------------------------------------------
    def activity(self, system, activity_id, category, persons, fields, **dates):
        self.truth["activities"] += 1
        data = {"activity": {"system": system, "id": activity_id, "version": 1}, "category": category,
                "persons": persons, **dates, "fields": fields}
        self.emit("lethe.activity.recorded", data, key=f"{system}/{activity_id}", source=f"urn:acme:{system}")

    def order(self, person, number):
        occurred = self.past(10, 400)
        self.activity("shop", f"O-{number}", "order",
                      [{"role": "customer", "record": {"system": "shop", "id": f"C-{person['number']}"}}],
                      {"total": self.random.randrange(500, 90000) / 100, "currency": "EUR", "items": self.pick(PRODUCTS)},
                      occurred_at=occurred, invoice_date=occurred,
                      warranty_until=(self.now + datetime.timedelta(days=365)).strftime("%Y-%m-%dT00:00:00Z"))

    def case(self, person, number):
        dates = {"occurred_at": self.past(100, 300)}
        if self.chance(0.7):
            dates["closed_at"] = self.past(1, 90)
        self.activity("helpdesk", f"S-{number}", "case", [{"role": "customer", "email": person["email"]}],
                      {"subject": self.pick(SUBJECTS), "body": f"It is about order {number}."}, **dates)

    def enquiry(self, person, number):
        self.activity("helpdesk", f"E-{number}", "enquiry", [{"role": "from", "email": person["email"]}],
                      {"subject": self.pick(SUBJECTS), "body": "Please call me back."}, occurred_at=self.past(1, 200))

    def mail(self, person, other, number):
        """Staff writes to a person, with another in copy."""
        name, address = self.pick(STAFF)
        persons = [{"role": "staff", "email": address, "name": name}, {"role": "to", "email": person["email"]}]
        if other is not person:
            persons.append({"role": "cc", "email": other["email"]})
        self.activity("dynamics", f"M-{number}", "email", persons,
                      {"subject": self.pick(SUBJECTS), "body": "As discussed on the phone."}, occurred_at=self.past(1, 150))

    # -- what should not have come -------------------------------------------------------------------------------
    def malformed(self):
        """Each is refused with a pointer and a rule; the good events around it are stored."""
        good = {"record": {"system": "dynamics", "id": "BAD", "version": 1}, "change": "full", "category": "lead",
                "provenance": self.provenance("web-form", "https://acme.example", "subject"),
                "fields": {"email": "bad@mail0.example"}}

        def without(name):
            return {k: v for k, v in good.items() if k != name}

        bad = [
            ("no provenance", without("provenance")),
            ("no record", without("record")),
            ("unknown category", {**good, "category": "horoscope"}),
            ("version is no integer", {**good, "record": {**good["record"], "version": 1.5}}),
            ("version past int64", {**good, "record": {**good["record"], "version": 2 ** 70}}),
            ("fields is a list", {**good, "fields": ["email"]}),
            ("a date that doesn't exist", {**good, "provenance": {**good["provenance"], "captured_at": "2026-02-30T10:00:00Z"}}),
            ("unknown act", {**good, "provenance": {**good["provenance"], "act": "robot"}}),
            ("U+0000 in a field", {**good, "fields": {"email": "a\u0000b@mail0.example"}}),
        ]
        for number, (why, data) in enumerate(bad):
            for transport in ("kafka", "http"):
                self.emit("lethe.contact.recorded", data, key=f"dynamics/BAD-{number}", source="urn:acme:dynamics",
                          repeat_share=0, transport=transport, refused=why)
                self.truth["refused_http" if transport == "http" else "refused"] += 1
        for raw in (b'{"record": {"system": "dynam', b"[" * 4000, b'{"fields": {"email": "\xff\xfe"}}', b""):
            self.emit("lethe.contact.recorded", raw=raw, key="dynamics/BAD", source="urn:acme:dynamics", repeat_share=0,
                      transport="kafka", refused="no JSON")
            self.truth["refused"] += 1
        # An order may hold only what the policy names: `unnamed: refuse`.
        for number in range(5):
            data = {"activity": {"system": "shop", "id": f"O-BAD-{number}", "version": 1}, "category": "order",
                    "persons": [{"role": "customer", "email": "bad@mail0.example"}], "occurred_at": self.past(1, 10),
                    "fields": {"total": 10, "currency": "EUR", "gift_note": "for my wife"}}
            self.emit("lethe.activity.recorded", data, key=f"shop/O-BAD-{number}", source="urn:acme:shop",
                      repeat_share=0, transport="kafka", refused="a field that the policy doesn't name")
            self.truth["refused"] += 1

    # -- all of it -----------------------------------------------------------------------------------------------
    def live(self):
        self.make_people()
        for person in self.people:
            kind = self.random.random()
            if kind < 0.65 or kind >= 0.9:
                self.lead(person)
            if kind >= 0.45:
                self.customer(person)
            if kind >= 0.95 and not person["email"].startswith("info@"):
                self.helpdesk(person)
        number = 0
        for person in self.people:
            systems = {system for system, _ in person["records"]}
            number += 1
            if "shop" in systems:
                for _ in range(self.random.randrange(0, 3)):
                    number += 1
                    self.order(person, number)
            if self.chance(0.2):
                self.case(person, number)
            if self.chance(0.2):
                self.enquiry(person, number)
            if self.chance(0.5):
                self.mail(person, self.pick(self.people), number)
        self.malformed()
        self.shuffle_a_little()
        self.truth["events"] = len(self.events)
        self.truth["persons"] = self.size
        return self

    def shuffle_a_little(self):
        """Neighbours change places: sources don't keep order."""
        for index in range(0, len(self.events) - 20, 7):
            other = index + self.random.randrange(1, 20)
            self.events[index], self.events[other] = self.events[other], self.events[index]


def build(seed=7, people=2000, now=None):
    """(events, truth). Equal arguments give equal events."""
    day = now or datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    crm = Crm(seed, people, day).live()
    return crm.events, crm.truth


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--now", type=datetime.datetime.fromisoformat, help="ISO 8601; default: today at midnight UTC")
    parser.add_argument("--truth", help="write what a right installation holds afterwards into this file")
    args = parser.parse_args()
    events, truth = build(args.seed, args.people, args.now)
    for item in events:
        sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
    if args.truth:
        with open(args.truth, "w", encoding="utf-8") as out:
            json.dump(truth, out, indent=2)


if __name__ == "__main__":
    main()
