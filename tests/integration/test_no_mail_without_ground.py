"""Two thousand people, three purposes, withdrawals all through the campaigns, and both services killed twice: no mail without a
ground. tests/lib/ground_checker.py reads the ledger and the mails that came, and says so."""
import contextlib
import json
import random
import re
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path

import psycopg
import pytest
import requests

from consents import NEWS, OTHER, TRADE, Ledger, asserts, refuses
from ground_checker import GRANTS, REFUSALS, SENT, UNKNOWN, Act, Came, Mail, wrongs
from lethe_stack import contact, wait_until

PEOPLE, GRANTED, REFUSED_BEFORE, PER_SECOND = 2000, 0.35, 0.05, 180
PURPOSES = (NEWS, OTHER, TRADE)
TRADES = {"double_opt_in": True, "age": {"over": 18, "how": "checkout"}}
SEED = 5
BOUND_S = 1.0  # services/mailer/README.md: nothing leaves later than that after consent was asked
ON_DISK_S = 1.0  # from leaving to lying in the sink's folder, on a busy machine
SETTLED = [SENT, 4, 5, UNKNOWN, 7]


def act(position, kind, purpose=NEWS, seen_at=0.0, key="k"):
    return Act(position, key, purpose, kind, seen_at)


@pytest.mark.parametrize("acts,rows,came,said", [
    ([act(1, 2)], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)], None),
    ([act(1, 2)], [Mail("m", "k", NEWS, UNKNOWN, 1)], [], None),
    ([act(1, 2), act(2, 3, seen_at=8.5)], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)], None),
    ([act(1, 2), act(2, 3, seen_at=7.5)], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)], "after it was refused"),
    ([act(1, 2), act(2, 4, "", 7.5)], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)], "after it was refused"),
    ([act(1, 2), act(2, 3, OTHER, 7.5)], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)], None),
    ([act(1, 3, seen_at=9.0), act(2, 2)], [Mail("m", "k", NEWS, SENT, 2)], [Came("m", "k", NEWS, 9.0)], "no ground"),
    ([act(1, 2, OTHER)], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)], "no ground"),
    ([act(1, 2, key="z")], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)], "no ground"),
    ([act(1, 2)], [Mail("m", "k", NEWS, SENT, 1)], [Came("m", "k", NEWS, 9.0)] * 2, "came 2 times"),
    ([act(1, 2)], [Mail("m", "k", NEWS, SENT, 1)], [], "didn't come"),
    ([act(1, 2)], [Mail("m", "k", NEWS, 5, None)], [], "passed over"),
    ([act(1, 2)], [], [], "passed over"),
    ([act(1, 2)], [Mail("m", "k", NEWS, 5, 1)], [Came("m", "k", NEWS, 9.0)], "mailer says"),
    ([act(1, 2)], [], [Came("m", "k", NEWS, 9.0)], "no such mail"),
], ids=range(15))
def test_the_checker_sees(acts, rows, came, said):
    found = wrongs(acts, rows, came, {("k", NEWS)}, [], 1.0)
    assert any(said in wrong for wrong in found) if said else found == []


def test_the_checker_sees_a_lost_withdrawal():
    assert wrongs([act(1, 2), act(2, 3)], [], [], [], [("k", NEWS)], 1.0) == []
    assert "not in the ledger" in wrongs([act(1, 2), act(2, 3)], [], [], [], [("k", OTHER)], 1.0)[0]


class Crowd:
    """Who there is, and what each has agreed to; from a seed."""

    def __init__(self, stack):
        self.stack, self.ledger, self.random = stack, Ledger(stack), random.Random(SEED)
        self.emails = [f"crowd.{number}@ground.example" for number in range(PEOPLE)]
        self.keys = {self.ledger.key("email", email)["hash"]: email for email in self.emails}
        self.granted = [(email, purpose) for email in self.emails for purpose in PURPOSES if self.random.random() < GRANTED]
        self.before = self.random.sample(self.granted, int(len(self.granted) * REFUSED_BEFORE))

    def settle(self):
        """Sends all of it by the roads of upstream; {email: record}."""
        self.stack.send([contact(f"CROWD-{number}", email=email, family_name=f"Crowd{number}")
                         for number, email in enumerate(self.emails)], flush=False)
        now = datetime.now(timezone.utc).isoformat()
        self.stack.send([refuses(*pair) for pair in self.before])
        self.stack.wait_drained()
        self.stack.send([asserts(email, purpose, given_at=now, **(TRADES if purpose == TRADE else {}))
                         for email, purpose in self.granted])
        self.stack.wait_drained()
        records = {self.keys[bytes(key).hex()]: str(record) for key, record in self.stack.rows(
            "SELECT email_key, record_id FROM vault.record WHERE email_key = ANY(%s)", ([bytes.fromhex(k) for k in self.keys],))}
        assert len(records) == PEOPLE
        return records

    def unsubscribe_urls(self, pairs):
        items = [{"keys": self.ledger.keys(email), "purpose": purpose, "channel": "email"} for email, purpose in pairs]
        found = []
        for at in range(0, len(items), 500):
            answer = self.stack.internal("POST", "consent", "/internal/v1/decide", {"items": items[at:at + 500]})
            found += answer.json()["items"]
        return {pair: item["unsubscribe_url"] for pair, item in zip(pairs, found) if item["allowed"]}


class Withdrawals:
    """Withdraws all through the campaigns, by each road, and notes when each act of refusal was first seen in the ledger."""

    def __init__(self, crowd):
        self.crowd, self.stack, self.stopped = crowd, crowd.stack, threading.Event()
        self.urls = crowd.unsubscribe_urls(crowd.granted)
        self.seen_at, self.acknowledged, self.failed = {}, [], []
        self.pg = psycopg.connect(self.stack.env["LETHE_PG"], autocommit=True)
        self.look()
        self.threads = [threading.Thread(target=self.work, args=(what,)) for what in (self.withdraw, self.watch)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join(60)
        self.pg.close()

    def work(self, what):
        try:
            what()
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.failed.append(error)

    def withdraw(self):
        pairs = list(self.urls)
        self.crowd.random.shuffle(pairs)
        for number, (email, purpose) in enumerate(pairs):
            if self.stopped.wait(0.02):
                return
            now = datetime.now(timezone.utc).isoformat()
            if number % 4 == 2:
                self.stack.send(refuses(email, purpose, at=now), topic="contacts.in")
            elif number % 4 == 3:
                self.stack.send(refuses(email, kind="objected", at=now), topic="contacts.in")
            else:
                if self.one_click(self.urls[email, purpose]):
                    self.acknowledged.append((self.crowd.ledger.key("email", email)["hash"], purpose))

    def one_click(self, url):
        while not self.stopped.is_set():
            with contextlib.suppress(requests.RequestException):
                if self.stack.http("POST", url, data={"List-Unsubscribe": "One-Click"}, timeout=5).status_code == 200:
                    return True
            self.stopped.wait(0.05)
        return False

    def look(self):
        found = self.pg.execute("SELECT position FROM consent.ledger WHERE act = ANY(%s)", (list(REFUSALS),)).fetchall()
        now = time.time()
        for position, in found:
            self.seen_at.setdefault(position, now)

    def watch(self):
        while not self.stopped.wait(0.05):
            self.look()


def start_mailer(stack, folder):
    file = folder / "relays.json"
    file.write_text(json.dumps({"relays": [{"host": stack.env["LETHE_SMTP"], "per_second": PER_SECOND}]}))
    stack.start("mailer", env={"LETHE_SMTP": "", "LETHE_RELAYS": str(file)})


def run_campaigns(stack, records, folder):
    """All campaigns at once; kills mailer and consent twice each on the way; until every mail has come to its end."""
    for purpose in PURPOSES:
        answer = stack.internal("POST", "mailer", "/internal/v1/campaigns", {
            "campaign": str(uuid.uuid4()), "purpose": purpose, "content": {"subject": f"Crowd {purpose}", "text": "News."},
            "records": list(records.values())})
        assert answer.status_code == 202, answer.text
    done = "SELECT count(*) FROM mailer.mail WHERE campaign IS NOT NULL AND state = ANY(%s)"
    expected = int(PEOPLE * len(PURPOSES) * GRANTED)
    for part, victim in ((0.1, "mailer"), (0.2, "consent"), (0.35, "mailer"), (0.5, "consent")):
        wait_until(lambda: stack.value(done, ([SENT, UNKNOWN],)) >= part * expected, 60, f"a part of {part} to be sent")
        stack.kill(victim)
        if victim == "mailer":
            start_mailer(stack, folder)
        else:
            stack.start(victim)
    wait_until(lambda: stack.value(done, (SETTLED,)) == PEOPLE * len(PURPOSES), 60,
               lambda: f"all mails; {stack.rows('SELECT state, why, count(*) FROM mailer.mail GROUP BY 1, 2')}")


def ledger_acts(stack, seen_at):
    found = stack.rows("SELECT l.position, coalesce(a.email_key, l.subject_key), l.purpose, l.act FROM consent.ledger l"
                       " LEFT JOIN consent.address a ON a.id = l.address WHERE l.act = ANY(%s)", ([*GRANTS, *REFUSALS],))
    return [Act(position, bytes(key).hex(), purpose, kind, seen_at.get(position, float("inf")))
            for position, key, purpose, kind in found]


def mail_rows(stack):
    return [Mail(str(mail), bytes(key).hex(), purpose, state, position) for mail, key, purpose, state, position in
            stack.rows("SELECT mail, email_key, purpose, state, position FROM mailer.mail WHERE campaign IS NOT NULL")]


def came(stack, ledger):
    folder, found = Path(stack.env["LETHE_MAIL_DIR"]), []
    for number, message in stack.mails():
        subject = re.fullmatch(r"Crowd (\S+)", message["Subject"])
        if subject:
            found.append(Came(message["Message-ID"].strip("<>").split("@")[0], ledger.key("email", message["X-Envelope-To"])["hash"],
                              subject[1], (folder / f"{number:06}.eml").stat().st_mtime))
    return found


def test_no_mail_without_a_ground(stack, tmp_path):
    crowd = Crowd(stack)
    records = crowd.settle()
    stack.stop("mailer")
    start_mailer(stack, tmp_path)
    with Withdrawals(crowd) as withdrawals:
        run_campaigns(stack, records, tmp_path)
    assert withdrawals.failed == []
    stack.wait_drained()
    acts, rows, mails = ledger_acts(stack, withdrawals.seen_at), mail_rows(stack), came(stack, crowd.ledger)
    targets = {(key, purpose) for key in crowd.keys for purpose in PURPOSES}
    assert wrongs(acts, rows, mails, targets, withdrawals.acknowledged, BOUND_S + ON_DISK_S) == []
    stopped = [row for row in rows if row.state not in (SENT, UNKNOWN) and row.position is not None]
    assert len(mails) > PEOPLE / 2 and len(stopped) > 20 and len(withdrawals.acknowledged) > 20, "nothing was tried"
