"""Events between the services, as tests write them where the service that would is not what is tested."""
import hashlib
import itertools
import json
import os
import time
import uuid

from lethe_stack import event, wait_until

PARTITIONS = 8
COUNTER = itertools.count(1)


def new_id(at_ms=None):
    """A UUIDv7, ordered by when it was asked for."""
    number = int(at_ms if at_ms is not None else time.time() * 1000)
    rest = (next(COUNTER) & 0xFFF) | 0x7000
    return str(uuid.UUID(int=(number << 80) | (rest << 64) | (0b10 << 62) | int.from_bytes(os.urandom(7), "big")))


def key(kind, value):
    """A keyed hash as a service sees it; value is any name that the test finds telling."""
    return {"kind": kind, "hash": hashlib.blake2b(f"{kind}/{value}".encode(), digest_size=16).hexdigest()}


def accepted(record, rev=1, *, email=None, phone=None, surname=None, source=None, role=None, category="lead",
             captured_at="2026-10-01T09:00:00Z", created_at=None, system="dynamics", dates=(), **more):
    keys = []
    if email:
        keys += [key("email", email), key("email-wide", email)]
    if phone:
        keys.append(key("phone", phone))
    if phone and surname:
        keys.append(key("phone-surname", f"{phone}/{surname}"))
    keys.append(key("source", source or f"{system}/{record}"))
    data = {"record": record, "rev": rev, "system": system, "category": category, "keys": keys, "act": "subject",
            "captured_at": captured_at, "created_at": created_at or captured_at,
            "dates": [{"name": name, "at": at} for name, at in dict(dates).items()], "policy_version": 1, **more}
    if role:
        data["role_email"] = key("email", role)["hash"]
    return event("lethe.record.accepted", data, key=record, source="lethe/intake")


def removed(record, rev=100, reason="deleted"):
    return event("lethe.record.removed", {"record": record, "rev": rev, "reason": reason}, key=record,
                 source="lethe/intake")


def joined(*sources):
    identity = new_id()
    return event("lethe.record.joined", {"id": identity, "sources": [key("source", s) for s in sources]}, key=identity,
                 source="lethe/intake")


def barriers(requests, identity=None, partitions=PARTITIONS):
    """One for each partition, in their order."""
    identity = identity or new_id()
    return [event("lethe.barrier", {"barrier": identity, "partition": n, "partitions": partitions,
                                    "requests": list(requests)}, key=identity, source="lethe/intake")
            for n in range(partitions)]


def activity_accepted(activity, rev=1, *, parts=(), category="order", system="shop", **dates):
    data = {"activity": activity, "rev": rev, "system": system, "category": category, "parts": list(parts),
            "dates": [{"name": name, "at": at} for name, at in dates.items()], "policy_version": 1}
    return event("lethe.activity.accepted", data, key=activity, source="lethe/intake")


def part(role="customer", *, record=None, keys=(), staff=False, identity=None):
    return {"part": identity or new_id(), "role": role, "staff": staff, **({"record": record} if record else {}),
            "keys": list(keys)}


def forget(step, request, **data):
    """step: opened, destroy, verify, cancelled, completed."""
    now = "2026-11-20T09:00:00Z"
    if step == "opened":
        data = {"controller": "acme", "received_at": now, "barrier": False, "keys": [], **data}
    elif step == "destroy":
        data = {"received_at": now, "keys": [], **data}
    else:
        data = {"at": now, **data}
    return event(f"lethe.forget.{step}", {"request": request, **data}, key=request, source="lethe/erasure")


def send_to(stack, topic, partition, *events):
    """Into one partition, in order."""
    for item in events:
        headers = [(f"ce_{name}", str(text).encode()) for name, text in item["headers"].items()]
        headers.append(("content-type", b"application/json"))
        stack.producer.produce(topic, value=json.dumps(item["data"]).encode(), key=item["key"], partition=partition,
                               headers=headers)
        stack.producer.poll(0)
    assert not stack.producer.flush(30)


def data_of(stack, topic, kind, match=None):
    """The data of every event of a type that the topic holds."""
    found = [json.loads(value) for headers, _, value in stack.messages(topic) if headers.get("type") == kind]
    return [d for d in found if match is None or match(d)]


def unread(stack, service):
    """What this service has still to read or to send. A topic may bear a service's name and be read by another."""
    return [b for b in stack.behind() if service == (b[1] if b[0] == "outbox" else b[0])]


def wait_read(stack, service, timeout=60):
    wait_until(lambda: not unread(stack, service), timeout, lambda: f"{service}: {unread(stack, service)[:3]}")


def pause(stack, name):
    """Stops a service that would act upon what a test plays; gives back what starts it again."""
    if stack.pid(name) is None:
        return lambda: None
    stack.stop(name)
    return lambda: stack.start(name)
