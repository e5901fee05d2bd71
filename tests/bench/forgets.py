"""(b): from the POST of a forget to the answer of all eight services, at a steady rate; then as many as it can."""
import concurrent.futures
import datetime
import http.client
import json
import os
import threading
import time
from urllib.parse import urlsplit

from lethe_stack import SERVICES, activity, contact, wait_until
from measure import Profile, emit, percentile

RATE = 50
LOOKED_AT = 50
INFRASTRUCTURE = ("postgres", "keyring", "kafka", "redis")
ANSWERED = ("SELECT r.id::text, extract(epoch FROM max(t.answered_at)) FROM erasure.request AS r "
            "JOIN erasure.task AS t ON t.request = r.id AND t.kind = 'service' "
            "WHERE r.id = ANY(%s::uuid[]) GROUP BY r.id "
            "HAVING count(*) = %s AND bool_and(t.outcome = 'done')")


def address(number):
    return f"goes.{number}@bench.example"


def people(stack, n):
    """Each has a lead, a customer record of the same address and an order; beside them as many who stay."""
    for number in range(n):
        stack.send(contact(f"F-{number}", email=address(number), family_name=f"Goes{number}", given_name="Gina"),
                   contact(f"S-{number}", system="shop", category="customer", email=address(number), family_name=f"Goes{number}"),
                   contact(f"K-{number}", email=f"stays.{number}@bench.example", family_name=f"Stays{number}"),
                   activity(f"FO-{number}", [{"role": "customer", "record": {"system": "shop", "id": f"S-{number}"}}],
                            fields={"total": 10, "currency": "EUR", "items": "Product A"}, invoice_date="2026-10-02T10:00:00Z"),
                   flush=False)
    stack.send()
    stack.wait_drained(300)


class Asker:
    """POSTs over connections that stay open, one a thread."""

    def __init__(self, stack):
        self.place = urlsplit(stack.url("admin"))
        self.token = stack.env["LETHE_ADMIN_TOKEN"]
        self.local = threading.local()

    def ask(self, number):
        """(request, when it was begun, when the 202 was there)"""
        link = getattr(self.local, "link", None)
        if link is None:
            link = self.local.link = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=30)
        body = json.dumps({"kind": "forget", "subject": {"email": address(number)}, "requester": {"relation": "self"},
                           "received_at": datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")})
        began = time.time()
        link.request("POST", "/v1/requests", body,
                     {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        answer = link.getresponse()
        told = json.loads(answer.read())
        if answer.status != 202:
            raise AssertionError(f"a forget was answered with {answer.status}: {told}")
        return told["id"], began, time.time()


def at_a_steady_rate(asker, n, first):
    """n POSTs, each begun at its own moment whether or not the ones before are answered."""
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        began, under_way = time.monotonic(), []
        for number in range(n):
            time.sleep(max(0.0, began + number / RATE - time.monotonic()))
            under_way.append(pool.submit(asker.ask, first + number))
        return [u.result() for u in under_way]


def wait_answered(stack, asked, seconds=120):
    """{request: when the last of the eight had answered, by the clock of this machine}"""
    left = [request for request, *_ in asked]
    found = {}
    end = time.monotonic() + seconds
    while left:  # a few at a time: whoever looks takes no part of the machine that is measured
        page = stack.rows(ANSWERED, (left[:LOOKED_AT], len(SERVICES)))
        found.update((request, float(when)) for request, when in page)
        left = [request for request in left if request not in found]
        if time.monotonic() > end:
            raise AssertionError(f"{len(found)} forgets are answered by all services, {len(left)} are not")
        if len(page) < LOOKED_AT:
            time.sleep(0.02)
    return found


def completed(stack, asked):
    return stack.value("SELECT count(*) FROM erasure.request WHERE id = ANY(%s::uuid[]) AND status = 'completed'",
                       ([request for request, *_ in asked],)) == len(asked)


def forget(stack):
    n = int(os.environ.get("BENCH_FORGETS", "1000"))
    people(stack, 2 * n)
    asker = Asker(stack)
    profile = Profile(stack, (*SERVICES, *INFRASTRUCTURE), closely=SERVICES)
    asked = at_a_steady_rate(asker, n, 0)
    bound_by = profile.stop()
    answered = wait_answered(stack, asked)
    took = [(answered[request] - began) * 1000 for request, began, _ in asked]
    posts = [(told - began) * 1000 for _, began, told in asked]
    wait_until(lambda: completed(stack, asked), 120, "all requests to be completed")

    profile = Profile(stack, (*SERVICES, *INFRASTRUCTURE), closely=SERVICES)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        more = list(pool.map(asker.ask, range(n, 2 * n)))
    wait_answered(stack, more)
    seconds = time.monotonic() - began
    whole = profile.stop()
    wait_until(lambda: completed(stack, more), 120, "all requests to be completed")
    left = stack.value("SELECT count(*) FROM vault.record")
    if left != 2 * n:
        raise SystemExit(f"bench: {left} records are left of the {2 * n} that nobody forgot")

    emit("forget.p50_ms", percentile(took, 50), "ms", bound_by=bound_by, at_per_s=RATE, forgets=n)
    emit("forget.p99_ms", percentile(took, 99), "ms", bound_by=bound_by, at_per_s=RATE, forgets=n, most_ms=round(max(took), 1),
         post_p50_ms=round(percentile(posts, 50), 1), post_p99_ms=round(percentile(posts, 99), 1))
    emit("forget.per_s", n / seconds, "forgets/s", bound_by=whole, forgets=n)
