"""One person, one record: what is linked by itself, what a human is asked, whom an unsubscribe reaches, and that a merge can
be undone. Steps of play.py's story, with a cast of their own."""
import re

from lethe_stack import contact, event, mail_text, wait_until

FAMILY = "Quastenberger"
MOBILE = "+4915155507777"
FIRST, SECOND = "kathi.quast@demo-mail.example", "katharina@demo-work.example"
HERS = {"street": "Quittenallee 12", "postcode": "99084", "city": "Erfurt", "country": "DE"}
HOME = {"street": "Zwetschgenweg 7", "postcode": "04109", "city": "Leipzig", "country": "DE"}


class Duplicates:
    def __init__(self, story, must):
        self.story, self.stack, self.time, self.must = story, story.stack, story.time, must
        self.asked = {}

    def records_of(self, address):
        found = self.story.search(address)
        return [record["record"] for record in found["records"]] if len(found["persons"]) == 1 else []

    def person(self, record):
        return self.stack.value("SELECT person FROM dedupe.record WHERE record = %s", (record,))

    def a_link(self):
        self.time.step("One woman, two systems, no address in common: linked by itself")
        self.stack.send(
            contact("DUP-K1", given_name="Katharina", family_name=FAMILY, email=FIRST, phone=MOBILE, language="en", **HERS,
                    consents=[{"purpose": "product-a-news", "statement": 3, "language": "en"}]),
            contact("DUP-K2", system="shop", category="customer", given_name="Kathi", family_name=FAMILY[:-2] + "re", email=SECOND,
                    phone="0" + MOBILE[3:], **HERS))
        wait_until(lambda: len(self.records_of(SECOND)) == 2, 20, "Katharina's two records to be one person")
        [(chance, household)] = self.stack.rows("SELECT random / 100.0, household / 100.0 FROM dedupe.edge"
                                                " WHERE verdict = 2 AND (a = %(r)s OR b = %(r)s)", {"r": self.records_of(SECOND)[0]})
        self.time.saw(f"a misspelt name, a short form, one mobile, one house: {chance:.0f} bits against chance, {household:.0f} against "
                      "another of her household")

    def a_review(self):
        self.time.step("Two of one name in one house: a human is asked, and says it is one")
        fields = {"given_name": "Emil", "family_name": "Zwetschger", **HOME}
        self.stack.send(contact("DUP-E1", email="emil@demo-mail.example", **fields),
                        contact("DUP-E2", system="shop", category="customer", email="emil@demo-work.example", **fields))
        wait_until(lambda: self.records_of("emil@demo-mail.example") and self.records_of("emil@demo-work.example"), 20, "Emil's records")
        one, two = self.records_of("emil@demo-mail.example")[0], self.records_of("emil@demo-work.example")[0]
        self.must(self.person(one) != self.person(two), "father and son of one name would be one person")
        self.asked = wait_until(lambda: self.review_of({one, two}), 10, "the question")
        self.time.saw(f"asked: {self.asked['why']}")
        self.story.api("POST", "/reviews", {"review": self.asked["review"], "decision": "same", "reason": "called"})
        self.must(self.person(one) == self.person(two), "the decision didn't link them")
        self.time.saw("decided: same; they are one person, and no machine undoes that")

    def review_of(self, records):
        after = ""
        while True:
            page = self.story.api("GET", f"/reviews{after}")
            for review in page["reviews"]:
                if set(review["records"]) == records:
                    return review
            if "next" not in page:
                return None
            after = f"?after={page['next']}"

    def an_unsubscribe(self):
        self.time.step("She unsubscribes by the address that the shop knows; the news went to the other")
        _, message = self.stack.wait_mail(FIRST)
        link = re.search(re.escape(self.stack.env["LETHE_PUBLIC_URL"]) + r"/confirm/[A-Za-z0-9_-]+", mail_text(message))
        self.must(link and self.stack.http("POST", link[0]).status_code == 200, "the consent couldn't be confirmed")
        wait_until(lambda: self.state() == "confirmed", 10, "the consent to be confirmed")
        self.stack.send(event("lethe.consent.withdrawn", {"address": SECOND, "purpose": "product-a-news", "at": self.story.now(),
                                                          "how": "phone"}, source="urn:acme:shop", key=SECOND))
        wait_until(lambda: self.state() != "confirmed", 20, "the withdrawal to reach her other address")
        self.time.saw(f"confirmed at one address, withdrawn by the other: {self.state()} at both")

    def state(self):
        acts = [act for act in self.story.search(FIRST)["consents"]["ledger"] if act["purpose"] == "product-a-news"]
        return max(acts, key=lambda act: act["position"])["state"] if acts else None

    def an_unmerge(self):
        self.time.step("It was father and son after all: the merge is undone")
        one, two = self.asked["records"]
        self.story.api("POST", "/reviews", {"records": [one], "others": [two], "decision": "different", "reason": "called"})
        self.must(self.person(one) != self.person(two), "they are still one person")
        self.must(not self.review_of({one, two}), "it is asked again")
        self.time.saw("two persons as before, kept apart from now on")

    def steps(self):
        return self.a_link, self.a_review, self.an_unsubscribe, self.an_unmerge
