"""What should not have come: over Kafka and HTTP each bad event gets a named error, memory stays flat, and the good events
around it are stored."""
import hashlib
import json
import os
import socket
import time
from urllib.parse import urlsplit

import pytest
from lethe_stack import activity, contact, event, wait_until

CANARY = "Zebulon-Canary"
DEEP = 60000


def good(number, version=1):
    return contact(f"GOOD-{number}", version, email=f"good.{number}@input.example", family_name="Good")


def data(**changes):
    """A lead's data with changes; None takes a member away."""
    whole = {**contact("BAD", email="bad@input.example", given_name=CANARY)["data"], **changes}
    return {name: value for name, value in whole.items() if value is not None}


def lead(**changes):
    return json.dumps(data(**changes)).encode()


def with_fields(text):
    """The lead with the JSON text of its fields as it stands."""
    return lead(fields="@").replace(b'"@"', text)


HEADERS = {"id": "bad-1", "source": "urn:test:crm", "type": "lethe.contact.recorded", "specversion": "1.0"}
PROVENANCE = contact("x")["data"]["provenance"]

# why -> the value of the message
VALUES = {
    "cut off": lead()[:-20],
    "no JSON at all": b"given_name=" + CANARY.encode(),
    "empty": b"",
    "a list": b"[" + lead() + b"]",
    "trailing text": lead() + b"{}",
    "fields is a list": lead(fields=["email"]),
    "fields is a text": lead(fields="email"),
    "email is a number": lead(fields={"email": 7}),
    "a field is an object": lead(fields={"email": "a@input.example", "city": {"name": CANARY}}),
    "record is a number": lead(record=7),
    "version is a fraction": lead(record={"system": "dynamics", "id": "BAD", "version": 1.5}),
    "version past int64": lead(record={"system": "dynamics", "id": "BAD", "version": 2 ** 63}),
    "version far past int64": lead(record={"system": "dynamics", "id": "BAD", "version": 10 ** 400}),
    "version is 1e999": lead(record="@").replace(b'"@"', b'{"system": "dynamics", "id": "BAD", "version": 1e999}'),
    "version is null": lead(record={"system": "dynamics", "id": "BAD", "version": None}),
    "an id of 100 kB": lead(record={"system": "dynamics", "id": "B" * 100000, "version": 1}),
    "a field of 500 kB": lead(fields={"email": "a@input.example", "city": "C" * 500000}),
    "10,000 fields": lead(fields={f"f{n}": "x" for n in range(10000)}),
    "deep arrays": with_fields(b"[" * DEEP + b"]" * DEEP),
    "deep objects": with_fields(b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "deep and never closed": b"[" * DEEP,
    "invalid UTF-8": with_fields(b'{"email": "a@input.example", "city": "\xff\xfe"}'),
    "an overlong encoding": with_fields(b'{"email": "a@input.example", "city": "\xc0\xaf"}'),
    "a lone surrogate": with_fields(b'{"email": "a@input.example", "city": "\\ud800"}'),
    "U+0000": with_fields(b'{"email": "a@input.example", "city": "a\\u0000b"}'),
    "a NUL byte": with_fields(b'{"email": "a@input.example", "city": "a\x00b"}'),
    "30 February": lead(provenance={**PROVENANCE, "captured_at": "2026-02-30T10:00:00Z"}),
    "25 o'clock": lead(provenance={**PROVENANCE, "captured_at": "2026-02-20T25:00:00Z"}),
    "no date": lead(provenance={**PROVENANCE, "captured_at": "yesterday"}),
    "no provenance": lead(provenance=None),
    "provenance without an act": lead(provenance={n: v for n, v in PROVENANCE.items() if n != "act"}),
    "unknown act": lead(provenance={**PROVENANCE, "act": "robot"}),
    "no record": lead(record=None),
    "no category": lead(category=None),
    "unknown category": lead(category="horoscope"),
    "unknown change": lead(change="sideways"),
    "a member twice": b'{"category": "lead",' + lead()[1:],
}

ATTRIBUTES = {
    "unknown type": {**HEADERS, "type": "lethe.contact.exploded"},
    "a type of nobody": {**HEADERS, "type": "x"},
    "unknown version of CloudEvents": {**HEADERS, "specversion": "9.9"},
    "no id": {n: v for n, v in HEADERS.items() if n != "id"},
    "no source": {n: v for n, v in HEADERS.items() if n != "source"},
    "no type": {n: v for n, v in HEADERS.items() if n != "type"},
    "an empty id": {**HEADERS, "id": ""},
    "an id of 10 kB": {**HEADERS, "id": "i" * 10000},
    "another's controller": {**HEADERS, "controller": "somebody-else"},
    "a time that is none": {**HEADERS, "time": "2026-13-45"},
}


def text(whole, **changes):
    return json.dumps({name: value for name, value in {**whole, **changes}.items() if value is not None}).encode()


ORDER = activity("BAD", [{"role": "customer", "email": "bad@input.example"}], fields={"total": 1})["data"]
CONSENT = {"address": "bad@input.example", "channel": "email", "purpose": "product-a-news", "statement": 3,
           "provenance": PROVENANCE}
WITHDRAWN = {"address": "bad@input.example", "at": "2026-10-01T09:00:00Z"}
FORGET = {"address": "bad@input.example", "received_at": "2026-10-01T09:00:00Z"}
MERGED = {"system": "dynamics", "survivor": "BAD", "losers": ["WORSE"]}

# why -> the event's type and the value, of events other than a contact's
OTHERS = {
    "a total past int64": ("activity.recorded", text(ORDER, fields="@").replace(b'"@"', b'{"total": 1' + b"0" * 400 + b"}")),
    "a total of 1e999": ("activity.recorded", text(ORDER, fields="@").replace(b'"@"', b'{"total": 1e999}')),
    "an order of 31 April": ("activity.recorded", text(ORDER, occurred_at="2026-04-31T10:00:00Z")),
    "an order of nobody": ("activity.recorded", text(ORDER, persons=[])),
    "an order of 501": ("activity.recorded", text(ORDER, persons=ORDER["persons"] * 501)),
    "a person without a name for it": ("activity.recorded", text(ORDER, persons=[{"role": "customer"}])),
    "an unknown role": ("activity.recorded", text(ORDER, persons=[{"role": "king", "email": "a@input.example"}])),
    "a field that the policy refuses": ("activity.recorded", text(ORDER, fields={"shoe_size": 44})),
    "a consent without provenance": ("consent.requested", text(CONSENT, provenance=None)),
    "a consent by pigeon": ("consent.requested", text(CONSENT, channel="pigeon")),
    "a consent to nothing known": ("consent.requested", text(CONSENT, purpose="astrology")),
    "a consent to statement 2^63": ("consent.requested", text(CONSENT, statement=2 ** 63)),
    "a consent given to nobody knows when": ("consent.recorded", text(CONSENT, given_at="soon", given_by="subject", how="x")),
    "evidence of 20 kB": ("consent.recorded", text(CONSENT, given_at="2026-10-01T09:00:00Z", given_by="subject", how="x",
                                                   evidence={"text": "E" * 20000})),
    "deep evidence": ("consent.recorded", text(CONSENT, given_at="2026-10-01T09:00:00Z", given_by="subject", how="x",
                                               evidence="@").replace(b'"@"', b"[" * 50 + b"]" * 50)),
    "a withdrawal of nobody": ("consent.withdrawn", text(WITHDRAWN, address=None)),
    "a withdrawal of no address": ("consent.withdrawn", text(WITHDRAWN, address="bad")),
    "an objection to 13 o'clock twice": ("consent.objected", text(WITHDRAWN, at="2026-10-01T13:61:00Z")),
    "a forget of nobody": ("forget.requested", text(FORGET, address=None)),
    "a forget of a shared mailbox": ("forget.requested", text(FORGET, address="info@input.example")),
    "a forget by a stranger": ("forget.requested", text(FORGET, requester={"relation": "stranger"})),
    "a join of nobody known": ("contact.merged", text(MERGED, system="nobody")),
    "a join of one": ("contact.merged", text(MERGED, losers=[])),
    "a join of a system with capitals": ("contact.merged", text(MERGED, system="CRM")),
    "an end without a reason": ("contact.removed", text({"record": {"system": "dynamics", "id": "BAD"}})),
}


def all_bad():
    """(why, headers, value)"""
    for why, value in VALUES.items():
        yield why, {**HEADERS, "id": f"bad-{why}"}, value
    for why, (kind, value) in OTHERS.items():
        yield why, {**HEADERS, "id": f"bad-{why}", "type": f"lethe.{kind}"}, value
    for why, headers in ATTRIBUTES.items():
        yield why, headers, lead()


def refusals(stack):
    """What intake said about what it didn't take: [(topic, told)]"""
    found = [("contacts.refused", json.loads(value)) for _, _, value in stack.messages("contacts.refused")]
    return found + [("dead", json.loads(value)) for _, _, value in stack.messages("dead")]


def stored(stack, system="dynamics"):
    return stack.value("SELECT count(*) FROM vault.record WHERE system = %s", (system,))


def test_over_kafka_each_gets_a_name_and_the_good_ones_are_stored(stack):
    before, known = stored(stack), len(refusals(stack))
    bad = list(all_bad())
    for number, (why, headers, value) in enumerate(bad):
        stack.send(good(f"K-{number}"), flush=False)
        stack.send_raw(value, headers, key=f"dynamics/BAD-{why}")
    stack.send(good("K-last"))
    wait_until(lambda: stored(stack) >= before + len(bad) + 1, 60,
               lambda: f"{len(bad) + 1} good events to be stored; {stored(stack) - before} are")
    wait_until(lambda: len(refusals(stack)) >= known + len(bad), 30,
               lambda: f"{len(bad)} refusals; there are {len(refusals(stack)) - known}")
    told = refusals(stack)
    assert len(told) == known + len(bad)
    assert stored(stack) == before + len(bad) + 1, "something bad was stored"
    for topic, refusal in told:
        assert refusal.get("rule"), f"{topic} doesn't name the rule: {refusal}"
        assert "pointer" in refusal, f"{topic} has no pointer: {refusal}"
    assert CANARY not in json.dumps(told), "a refusal repeats a value"
    assert CANARY not in stack.log("intake")


def structured(headers, value):
    """The structured mode's body, whatever the data's text is."""
    told = {**headers, "datacontenttype": "application/json"}
    return json.dumps(told)[:-1].encode() + b', "data": ' + (value or b"") + b"}"


# why -> a whole message in structured mode
STRUCTURED = {
    "nothing": b"",
    "no JSON": b"\x00\xff" * 500,
    "1 MB of no JSON": b"x" * 990_000,
    "cut off": json.dumps({**HEADERS, "data": data()}).encode()[:-9],
    "no data": json.dumps(HEADERS).encode(),
    "data is a text": json.dumps({**HEADERS, "data": "@" * 100}).encode(),
    "data in base64": json.dumps({**HEADERS, "data_base64": "e30="}).encode(),
    "deep": b"[" * DEEP,
    "1 MB of brackets": b"{" * 990_000,
    "1 MB of addresses": b"a@b.example " * 80_000,
    "unknown version of CloudEvents": json.dumps({**HEADERS, "specversion": "2.0", "data": data()}).encode(),
    "no source": json.dumps({"id": "1", "type": HEADERS["type"], "specversion": "1.0", "data": data()}).encode(),
}


def test_structured_messages_over_kafka_get_a_name_too(stack):
    before, known = stored(stack), len(refusals(stack))
    for number, value in enumerate(STRUCTURED.values()):
        stack.producer.produce("contacts.in", value=value, headers=[("content-type", b"application/cloudevents+json")])
        stack.send(good(f"S-{number}"))
    wait_until(lambda: stored(stack) >= before + len(STRUCTURED), 60, "the good events to be stored")
    wait_until(lambda: len(refusals(stack)) >= known + len(STRUCTURED), 30, "the refusals")
    told = refusals(stack)
    assert len(told) == known + len(STRUCTURED) and stored(stack) == before + len(STRUCTURED)
    assert all(refusal.get("rule") and "pointer" in refusal for _, refusal in told)
    assert CANARY not in json.dumps(told) + stack.log("intake")


def post(stack, body, content_type="application/cloudevents+json", **headers):
    return stack.http("POST", stack.url("intake", "/v1/events"), data=body, headers={"Content-Type": content_type, **headers})


def assert_named(answer, why):
    """A problem document, or a 202 that names what it refused."""
    told = answer.json()
    if answer.status_code == 202:
        assert told["accepted"] == 0 and len(told["refused"]) == 1, f"{why}: {told}"
        assert told["refused"][0]["rule"] and "pointer" in told["refused"][0], f"{why}: {told}"
    else:
        assert answer.status_code in (400, 413, 415, 422), f"{why}: {answer.status_code} {told}"
        assert answer.headers["Content-Type"].startswith("application/problem+json"), why
        assert told["status"] == answer.status_code and told.get("title"), f"{why}: {told}"
    assert CANARY not in answer.text, f"{why}: the answer repeats a value"


def test_over_http_each_gets_a_name_and_the_good_ones_are_stored(stack):
    before = stored(stack)
    for number, (why, headers, value) in enumerate(all_bad()):
        assert post(stack, structured(good(f"H-{number}")["headers"], json.dumps(good(f"H-{number}")["data"]).encode())
                    ).json() == {"accepted": 1, "refused": []}
        assert_named(post(stack, structured(headers, value)), why)
    wait_until(lambda: stored(stack) >= before + number + 1, 30, "the good events to be stored")
    assert stored(stack) == before + number + 1


def test_a_batch_names_the_bad_ones_by_their_place(stack):
    batch = [good("B-1"), event("lethe.contact.recorded", data(provenance=None)), good("B-2"),
             event("lethe.contact.exploded", data()), event("lethe.contact.recorded", data(category="horoscope"))]
    told = stack.post_events(batch)
    assert told.status_code == 202
    assert told.json()["accepted"] == 2
    assert sorted(r["index"] for r in told.json()["refused"]) == [1, 3, 4]
    assert all(r["rule"] and "pointer" in r for r in told.json()["refused"])


@pytest.mark.parametrize("body, content_type, status", [
    (b"x" * 10_000_000, "application/cloudevents+json", 413),
    (b"[" + b"1," * 5_000_000 + b"1]", "application/cloudevents-batch+json", 413),
    (b"{}", "text/plain", 415),
    (b"<event/>", "application/xml", 415),
    (b"[", "application/cloudevents-batch+json", 400),
    (b"[" * DEEP, "application/cloudevents-batch+json", 400),
    (b"\x00\x01\x02", "application/cloudevents+json", 400),
    (b"", "application/cloudevents+json", 400),
], ids=["10 MB", "10 MB of batch", "text", "XML", "cut off", "deep", "binary", "empty"])
def test_a_body_that_cannot_be_read_is_refused(stack, body, content_type, status):
    answer = post(stack, body, content_type)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status and answer.json()["title"]


def test_wrong_tokens_and_unknown_paths_are_refused(stack):
    for token in ("wrong", "", "x" * 5000, stack.env["LETHE_ADMIN_TOKEN"][:-1], "\u00e9"):
        answer = stack.http("GET", stack.url("admin", "/v1/requests"),
                            headers={"Authorization": f"Bearer {token}".encode("latin-1")})
        assert answer.status_code == 401, f"{token!r}: {answer.status_code}"
        assert "WWW-Authenticate" in answer.headers and (not token or token not in answer.text)
    assert stack.http("GET", stack.url("admin", "/v1/requests")).status_code == 401
    for service, path in (("intake", "resync"), ("consent", "resync"), ("dedupe", "resync"), ("erasure", "requests")):
        answer = stack.http("POST", stack.url(service, f"/internal/v1/{path}"), headers={"Authorization": "Bearer wrong"})
        assert answer.status_code == 401, f"{service}: {answer.status_code}"
    assert stack.http("GET", stack.url("intake", "/v1/nothing")).status_code == 404
    assert stack.http("DELETE", stack.url("intake", "/v1/events")).status_code == 405


def test_with_event_tokens_each_source_speaks_for_itself(stack, tmp_path):
    """They are optional: the stack runs without."""
    tokens = tmp_path / "tokens"
    tokens.write_text(f"# of the sources\nshop: {hashlib.sha256(b'shops own').hexdigest()}\n")
    stack.stop("intake")
    stack.start("intake", env={"LETHE_EVENT_TOKENS_FILE": str(tokens)})
    try:
        mine = contact("TOKEN-1", system="shop", category="customer", email="token@input.example")
        mine["headers"]["source"] = "urn:acme:shop"
        others = contact("TOKEN-2", email="token@input.example")
        events = [mine, others, {**others, "headers": {**others["headers"], "source": "urn:acme:shop"}}]
        batch = json.dumps([{**e["headers"], "data": e["data"]} for e in events]).encode()
        kind = "application/cloudevents-batch+json"
        for wrong in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "}, {"Authorization": "shops own"}):
            answer = post(stack, batch, kind, **wrong)
            assert answer.status_code == 401 and answer.json()["rule"] == "token" and "WWW-Authenticate" in answer.headers
        answer = post(stack, batch, kind, Authorization="Bearer shops own")
        assert answer.status_code == 202 and answer.json() == {"accepted": 1, "refused": [
            {"index": 1, "pointer": "/source", "rule": "token"},
            {"index": 2, "pointer": "/data/record/system", "rule": "token"}]}
    finally:
        stack.stop("intake")
        stack.start("intake")


def test_slow_and_silent_clients_are_put_out_and_hold_up_nobody(stack):
    """Fifty that send a byte now and then, or nothing; meanwhile events are taken as ever."""
    place = urlsplit(stack.url("intake"))
    slow = []
    for number in range(50):
        link = socket.create_connection((place.hostname, place.port), timeout=60)
        if number % 2:
            link.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json\r\n"
                         b"Content-Length: 1000\r\n\r\n{")
        else:
            link.sendall(b"POST /v1/ev")
        slow.append(link)
    began = time.monotonic()
    assert stack.post_events([good("SLOW")]).json()["accepted"] == 1
    assert time.monotonic() - began < 5, "slow clients hold up the others"

    def ended(link):
        link.setblocking(False)
        try:
            return link.recv(4096) == b"" or ended(link)
        except BlockingIOError:
            try:
                link.send(b" ")  # a byte now and then doesn't keep it alive
            except OSError:
                return True
            return False
        except OSError:
            return True

    wait_until(lambda: all([ended(link) for link in slow]), 60, "the slow clients to be put out")  # noqa: C419
    for link in slow:
        link.close()


def test_memory_stays_flat(stack):
    """The same flood once more and many times more: it must not matter."""
    sent = 0

    def flood(times):
        nonlocal sent
        before = stored(stack)
        for _ in range(times):
            for why, headers, value in all_bad():
                stack.send_raw(value, headers, key=f"dynamics/BAD-{why}")
                post(stack, structured(headers, value))
            post(stack, b"x" * 10_000_000)
            sent += 1
            stack.send(good(f"FLAT-{sent}"))
        wait_until(lambda: stored(stack) >= before + times, 120, "the good events to be stored")

    def highest(rounds):
        """Of several looks: what a look finds goes up and down with the bodies that are just being read."""
        seen = []
        for _ in range(rounds):
            flood(2)
            seen.append(stack.memory_mb("intake"))
        return max(seen)

    first = highest(4)
    later = highest(int(os.environ.get("LETHE_TEST_FLOOD", "8")))
    assert later < first + 4, f"intake grew from {first:.1f} to {later:.1f} MB"
    assert stack.ready("intake")
