"""One input for two runs, an undisturbed and a disturbed one, and the faults that the second one has to bear."""
import base64
import collections
import datetime
import re
import sys
import time

import requests
from forgetting import keys_without_rows, open_requests
from lethe_stack import ROOT, SERVICES, Stack, activity, contact, event, wait_until
from state_digest import contents, differences, state

sys.path.insert(0, str(ROOT / "deploy" / "demo"))

import generate  # noqa: E402

INFRASTRUCTURE = ("kafka", "postgres", "keyring", "redis")
FORGET_BARELY = 90  # the policy's cap an hour for the shop is 100
ASKERS = 90  # three at a time, for all that the mailer passes up to three times
NOW = datetime.datetime(2026, 11, 1, tzinfo=datetime.timezone.utc)
# enum mail_state in proto/events.h; unsettled: queued, sending, deferred
MAIL_UNSETTLED, MAIL_SENT, MAIL_UNKNOWN = [0, 1, 3], 2, 6


def points():
    """[(service, point)] of points.txt, service by service."""
    found = collections.defaultdict(list)
    for line in (ROOT / "tests" / "chaos" / "points.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            names, point = line.split()[:2]
            for service in SERVICES if names == "*" else names.split(","):
                found[service].append(point)
    return [(service, point) for service in SERVICES for point in found[service]]


class Input:
    """From a seed: people who will be forgotten, and a CRM's life meanwhile, cut into slices."""

    def __init__(self, seed, people, slices, *, goers=FORGET_BARELY):
        events, self.truth = generate.build(seed, people, NOW)
        # Over Kafka alone, so that both runs have one order in each partition; those who come by HTTP retry, see below.
        self.events = [item for item in events if not ("refused" in item and item["transport"] == "http")]
        self.goers = [self._goer(seed, number) for number in range(goers)]
        self.forgets = [self._forget(seed, number) for number in range(goers)]
        self.by_http = [contact(f"W-{seed}-{number}", system="web", email=f"w.{seed}.{number}@http.example",
                                family_name=f"Web{number}", event_id=f"web-{seed}-{number}") for number in range(slices * 5)]
        self.askers = [self._asker(seed, number) for number in range(ASKERS)]
        self.unposted = []
        self.slices = slices
        self.sent = 0

    @staticmethod
    def _goer(seed, number):
        address = f"goer.{seed}.{number}@away.example"
        return [contact(f"G-{seed}-{number}", email=address, family_name=f"Goer{number}", event_id=f"g1-{seed}-{number}",
                        consents=[{"purpose": "product-b-news", "statement": 1, "language": "en"}]),
                contact(f"GC-{seed}-{number}", system="shop", category="customer", email=address, family_name=f"Goer{number}",
                        event_id=f"g2-{seed}-{number}"),
                activity(f"GO-{seed}-{number}", [{"role": "customer", "record": {"system": "shop", "id": f"GC-{seed}-{number}"}}],
                         fields={"total": 3, "currency": "EUR", "items": "Product B"}, event_id=f"g3-{seed}-{number}"),
                activity(f"GM-{seed}-{number}", [{"role": "from", "email": address},
                                                 {"role": "to", "email": f"stayer.{seed}.{number}@here.example"}],
                         system="dynamics", category="email", fields={"subject": f"Mail {number}", "body": "Hello."},
                         event_id=f"g4-{seed}-{number}")]

    @staticmethod
    def _asker(seed, number):
        return contact(f"A-{seed}-{number}", system="web", email=f"asker.{seed}.{number}@ask.example",
                       family_name=f"Asker{number}", event_id=f"ask-{seed}-{number}",
                       consents=[{"purpose": "product-b-news", "statement": 1, "language": "en"}])

    @staticmethod
    def _forget(seed, number):
        return event("lethe.forget.requested", {"address": f"goer.{seed}.{number}@away.example",
                                                "requester": {"relation": "self"}, "received_at": "2026-11-02T08:00:00Z",
                                                "verification": {"method": "login", "level": "substantial", "by": "shop",
                                                                 "at": "2026-11-02T08:00:00Z"}},
                     key=f"goer-{number}", id=f"forget-{seed}-{number}", source="urn:acme:shop")

    def begin(self, stack):
        """Those who will go arrive first, and wholly."""
        for goer in self.goers:
            stack.send(goer, flush=False)
        stack.send()
        stack.wait_drained(120)

    def send_slice(self, stack):
        """The next part of everything. What goes by HTTP is sent again until it is taken, as any client does."""
        at, self.sent = self.sent, self.sent + 1
        if at >= self.slices:
            return False
        for item in _part(self.events, at, self.slices):
            value = base64.b64decode(item["raw"]) if "raw" in item else None
            if value is None:
                stack.send({k: item[k] for k in ("headers", "key", "data")}, flush=False)
            else:
                stack.send_raw(value, {k: v for k, v in item["headers"].items()}, item["key"])
        stack.send(_part(self.forgets, at, self.slices), flush=False)
        self.unposted += _part(self.by_http, at, self.slices)
        self.post(stack)
        return True

    def feed(self, stack, service):
        """Something for this service to do, False where nothing is left: mails are rare in a slice, so whoever asks for one
        is kept for the mailer."""
        if service != "mailer" or not self.askers:
            return self.send_slice(stack)
        some, self.askers = self.askers[:3], self.askers[3:]
        stack.send(some)
        return True

    def post(self, stack):
        """One try; what nobody takes now is sent again next time."""
        if not self.unposted:
            return
        try:
            answer = stack.post_events(self.unposted, timeout=5)
        except requests.RequestException:
            return
        if answer.status_code == 202:
            assert answer.json()["refused"] == []
            self.unposted = []

    def finish(self, stack, timeout=180):
        while self.send_slice(stack):
            pass
        while self.askers:
            self.feed(stack, "mailer")
        wait_until(lambda: self.post(stack) or not self.unposted, 60, "events to be taken over HTTP")
        stack.send()
        stack.wait_drained(timeout)
        wait_until(lambda: stack.value("SELECT count(*) FROM erasure.request WHERE kind = 'forget'") >= len(self.forgets), 60,
                   "all forgets to be known")
        ids = [str(i) for i, in stack.rows("SELECT id FROM erasure.request WHERE kind = 'forget'")]
        wait_until(lambda: not open_requests(stack, ids), 120, lambda: f"the forgets; open: {open_requests(stack, ids)[:3]}")
        wait_until(lambda: stack.value("SELECT count(*) FROM consent.doomed") == 0, 120, "what is nobody's to be destroyed")
        wait_until(lambda: not unsettled_mails(stack), 120, lambda: f"mails to settle: {unsettled_mails(stack)}")
        stack.wait_drained(timeout)
        wait_until(lambda: not stale_clocks(stack), 60, lambda: f"{stale_clocks(stack)} clocks to be computed")


def _part(items, at, slices):
    return items[at * len(items) // slices:(at + 1) * len(items) // slices]


def make_stack(home_key):
    """A stack whose keyed hashes are those of every other stack made with the same key; a mail in doubt isn't repeated."""
    stack = Stack()
    secrets = stack.home / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "index.key").write_text(home_key + "\n")
    (secrets / "index.key").chmod(0o600)
    policy = (ROOT / "deploy" / "policy" / "example.yaml").read_text()
    (stack.home / "policy.yaml").write_text(re.sub(r"resend_unknown_confirmations: *true", "resend_unknown_confirmations: false",
                                                   policy))
    return stack


def stale_clocks(stack):
    return stack.value("SELECT (SELECT count(*) FROM retention.record WHERE computed = 0) + "
                       "(SELECT count(*) FROM retention.activity WHERE computed = 0)")


def unsettled_mails(stack):
    return stack.rows("SELECT state, count(*) FROM mailer.mail WHERE state = ANY(%s) GROUP BY 1", (MAIL_UNSETTLED,))


# ---- what a run came to ------------------------------------------------------------------------------------------------
def outcome(stack, where=None, also_left_out=()):
    return {"state": state(stack, where=where, also_left_out=also_left_out), "contents": contents(stack), "mails": mails(stack),
            "mail_states": mail_states(stack), "refused": refused(stack)}


def mails(stack):
    return collections.Counter((str(m.get_all("X-Envelope-To")), str(m["Subject"])) for _, m in stack.mails())


def mail_states(stack):
    """Kind, state and why of all mails; where a crash left the outcome unknown it may have been sent."""
    found = collections.Counter()
    for kind, state_, why, n in stack.rows("SELECT kind, state, why, count(*) FROM mailer.mail GROUP BY 1, 2, 3"):
        unknown = state_ == MAIL_UNKNOWN
        found[kind, MAIL_SENT if unknown else state_, None if unknown else why] += n
    return found


def refused(stack):
    """What was said about each refused event; a repeat of the same saying is no other."""
    return {(headers.get("type"), re.sub(rb'"(event_id|id|at|sent_at|time|quarantine)": ?"[^"]*",?', b"", value))
            for headers, _, value in stack.messages("contacts.refused")}


def compare(calm, stormy):
    """What the disturbed run did to the state, in words; [] where nothing."""
    said = differences(calm["state"], stormy["state"])
    if calm["contents"] != stormy["contents"]:
        wrong = [k for k in calm["contents"].keys() | stormy["contents"].keys()
                 if calm["contents"].get(k) != stormy["contents"].get(k)]
        said.append(f"contents of {len(wrong)} records differ: {[(calm['contents'].get(k), stormy['contents'].get(k)) for k in wrong[:3]]}")
    twice = {to: n for to, n in stormy["mails"].items() if n > calm["mails"].get(to, 0)}
    if twice:
        said.append(f"mails that came too often: {list(twice.items())[:5]}")
    if calm["mail_states"] != stormy["mail_states"]:
        said.append(f"mails came to something else: {calm['mail_states']} against {stormy['mail_states']}")
    if calm["refused"] != stormy["refused"]:
        said.append(f"refusals differ: {len(calm['refused'])} against {len(stormy['refused'])}")
    return said


def lost_mails(stack, calm, stormy):
    """Mails that neither came nor are recorded as in doubt."""
    missing = sum((calm["mails"] - stormy["mails"]).values())
    unknown = stack.value("SELECT count(*) FROM mailer.mail WHERE state = %s", (MAIL_UNKNOWN,))
    return max(0, missing - unknown)


def complete(stack):
    """Everything read, everything published, keys and rows in step."""
    assert stack.behind() == []
    assert keys_without_rows(stack) == 0


# ---- faults ------------------------------------------------------------------------------------------------------------
def crash(stack, service, point, nth, feed, timeout=60):
    """Kills the service, starts it with the crash point set, feeds it (feed() is false where nothing is left), and waits
    for it to die there."""
    if stack.pid(service):
        stack.kill(service)
    stack.start(service, env={"LETHE_CRASH_AT": f"{point}:{nth}"}, wait=False)
    end = time.monotonic() + timeout
    fed = 0.0
    while stack.pid(service) is not None:
        if time.monotonic() - fed > 1.5:  # events may have waited for it already; if not, the next slice brings some
            assert feed(), f"no event is left to bring {service} to {point}"
            fed = time.monotonic()
        time.sleep(0.02)
        assert time.monotonic() < end, f"{service} never came to {point} for the {nth}. time"


def kill_and_restart(stack, name):
    stack.kill(name)
    stack.start(name)


def frozen(stack, name):
    pid = stack.pid(name)
    return pid is not None and open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0] == "T"
