#!/usr/bin/env python3
"""Benchmarks: run.py [PART...]  One JSON object a line: {"name", "value", "unit", "ratio", "to", "bound_by"}.

Parts: ingest (with memory), pipeline, forget, keys, manifest, restore, mail, each on a stack of its own in build/bench-stack; dedupe (quality,
then speed of whole files), which needs none. What is said beside the figures goes to stderr. BENCH_EVENTS (300000),
BENCH_PIPELINE_EVENTS (50000), BENCH_FORGETS (1000), BENCH_KEYS (200000), BENCH_MANIFEST (10000000), BENCH_REPLAY (1000) and BENCH_MAILS
(40000) set the sizes.
"""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "lib"), str(Path(__file__).resolve().parent)]

from copies import manifest, restore  # noqa: E402
from dedupe_quality import quality  # noqa: E402
from dedupe_speed import speed  # noqa: E402
from forgets import forget  # noqa: E402
from lethe_stack import SERVICES, Stack, wait_until  # noqa: E402
from mails import mail  # noqa: E402
from measure import Profile, emit, resident_mb  # noqa: E402
from yardsticks import finished_rows_per_s, plain_rows_per_s, plain_updates_per_s  # noqa: E402

LOAD = ROOT / "build" / "release" / "tests" / "bench" / "load"
INFRASTRUCTURE = ("postgres", "keyring", "kafka", "redis")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def load(stack, events, seed):
    done = subprocess.run([LOAD, stack.env["LETHE_KAFKA"], str(events), str(seed)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"bench: the load failed: {done.stderr}")
    return json.loads(done.stdout)


def services_mb(stack):
    return {name: round(resident_mb(stack.pid(name)), 1) for name in SERVICES}


def largest(services):
    """What bounds a sum of memories: who has most of it."""
    most = sorted(services.items(), key=lambda item: -item[1])[:3]
    return "the largest: " + ", ".join(f"{name} {mb:.0f} MB" for name, mb in most)


def read_position(stack, service, topic):
    return stack.value(f"SELECT coalesce(sum(next), 0)::bigint FROM {service}.koff WHERE topic = %s", (topic,))


def wait_position(stack, service, topic, goal, seconds):
    """Samples the progress until the goal; [(time, position)]."""
    samples = []

    def reached():
        samples.append((time.monotonic(), read_position(stack, service, topic)))
        return samples[-1][1] >= goal

    wait_until(reached, seconds, lambda: f"{service} to read {topic} up to {goal}; it is at {samples[-1][1]}")
    return samples


def message_bytes(stack, topic):
    """What one message of the topic takes in an outbox row, roughly: key, headers and value."""
    found = stack.messages(topic, most=500)
    return sum(len(key or b"") + len(value or b"") + sum(len(n) + len(v) for n, v in headers.items())
               for headers, key, value in found) // max(1, len(found))


def ingest(stack):
    """(a): events through Kafka into the vault, one intake process; the other services are down. (c): memory."""
    events = int(os.environ.get("BENCH_EVENTS", "300000"))
    idle = services_mb(stack)
    emit("memory.all_services_mb", sum(idle.values()), "MB", bound_by=largest(idle), when="idle", services=idle)
    for name in SERVICES:
        stack.stop(name)
    before = stack.value("SELECT count(*) FROM vault.record")
    say(f"loading {events} events: {load(stack, events, 1)}")
    goal = sum(end for (topic, _), end in stack.high_watermarks().items() if topic == "contacts.in")
    stack.rows("CHECKPOINT")
    began = time.monotonic()
    stack.start("intake", wait=False)
    at_start = read_position(stack, "intake", "contacts.in")
    wait_until(lambda: read_position(stack, "intake", "contacts.in") > at_start, 60, "intake to begin")
    profile = Profile(stack, ("intake", *INFRASTRUCTURE), closely=("intake",))
    samples = wait_position(stack, "intake", "contacts.in", goal, 600)
    bound_by = profile.stop()
    (first_at, first), (last_at, last) = samples[0], samples[-1]
    rate = (last - first) / (last_at - first_at)
    stored = stack.value("SELECT count(*) FROM vault.record") - before
    if stored != events:
        raise SystemExit(f"bench: {events} events came to {stored} records")
    peak = resident_mb(stack.pid("intake"), peak=True)
    wait_until(lambda: stack.value("SELECT count(*) FROM intake.outbox") == 0, 120, "intake's outbox to empty")
    say(f"ingest: {last - first} events in {last_at - first_at:.2f} s, begun {first_at - began:.2f} s after the start")
    beside = Profile(stack, ("postgres", "keyring"))
    finished = finished_rows_per_s(stack, min(events, 150000), message_bytes(stack, "record"))
    finished_by, beside = beside.stop(), Profile(stack, ("postgres", "keyring"))
    plain = plain_rows_per_s(stack, min(events, 300000))
    plain_by = beside.stop()
    emit("ingest.events_per_s", rate, "events/s", ratio=rate / finished, to="ingest.copy_finished_rows_per_s",
         bound_by=bound_by, intake_peak_mb=round(peak, 1), events=events,
         cpu_s_per_500k=round(profile.shares["intake"] * profile.seconds / (last - first) * 500000, 1))
    emit("ingest.copy_finished_rows_per_s", finished, "rows/s", ratio=finished / plain, to="ingest.copy_plain_rows_per_s",
         bound_by=finished_by)
    emit("ingest.copy_plain_rows_per_s", plain, "rows/s", bound_by=plain_by)
    for name in SERVICES:
        stack.start(name, wait=False)
    wait_until(lambda: all(stack.ready(name) for name in SERVICES), 60, "the services to be ready")
    stack.wait_drained(900)
    after = services_mb(stack)
    peaks = {name: round(resident_mb(stack.pid(name), peak=True), 1) for name in SERVICES}
    emit("memory.all_services_mb", sum(after.values()), "MB", bound_by=largest(after), when="after ingest", services=after,
         peaks=peaks)


def pipeline(stack):
    """All eight: from the event in contacts.in to the person linked and the clock set."""
    events = int(os.environ.get("BENCH_PIPELINE_EVENTS", "50000"))
    before = stack.value("SELECT count(*) FROM dedupe.record"), stack.value("SELECT count(*) FROM retention.record")
    profile = Profile(stack, (*SERVICES, *INFRASTRUCTURE), closely=SERVICES)
    began = time.monotonic()
    say(f"pipeline: {load(stack, events, 2)}")

    def through():
        return (read_position(stack, "dedupe", "record") >= read_end(stack, "record") and
                stack.value("SELECT count(*) FROM dedupe.record") - before[0] >= events and
                stack.value("SELECT count(*) FROM retention.record") - before[1] >= events)

    wait_until(through, 600, "all events to be linked and clocked")
    seconds = time.monotonic() - began
    emit("pipeline.events_per_s", events / seconds, "events/s", bound_by=profile.stop(), events=events)
    stack.wait_drained(600)


def keys(stack):
    """A KEK's epoch ends: all keys come under the next one. The services but intake are down."""
    n = int(os.environ.get("BENCH_KEYS", "200000"))
    for name in SERVICES:
        if name not in ("intake", "admin"):
            stack.stop(name)
    say(f"keys: {load(stack, n, 3)}")
    wait_until(lambda: stack.value("SELECT count(*) FROM keyring.key", keyring=True) >= n, 300, "the keys")
    stack.rows("CHECKPOINT", keyring=True)
    profile = Profile(stack, ("intake", *INFRASTRUCTURE), closely=("intake",))
    if stack.admin("POST", "/keys/rotate").status_code != 202:
        raise SystemExit("bench: no rotation")
    wait_until(lambda: stack.value("SELECT state FROM keyring.kek WHERE epoch = 1", keyring=True) == "destroyed", 300,
               "the epoch to end")
    bound_by = profile.stop()
    seconds = stack.value("SELECT extract(epoch FROM emptied_at - retired_at)::float8 FROM keyring.kek WHERE epoch = 1", keyring=True)
    if stack.value("SELECT count(*) FROM keyring.key WHERE kek_epoch <> 2", keyring=True) != 0:
        raise SystemExit("bench: keys are left under the old KEK")
    plain = plain_updates_per_s(stack, n)
    emit("rewrap.keys_per_s", n / seconds, "keys/s", ratio=n / seconds / plain, to="rewrap.plain_updates_per_s",
         bound_by=bound_by, keys=n)
    emit("rewrap.plain_updates_per_s", plain, "rows/s")


def read_end(stack, topic):
    return sum(end for (name, _), end in stack.high_watermarks().items() if name == topic)


PARTS = {"ingest": ingest, "pipeline": pipeline, "forget": forget, "keys": keys, "manifest": manifest, "restore": restore, "mail": mail}
WITHOUT_STACK = {"dedupe-quality": quality, "dedupe-speed": speed}
OTHER_NAMES = {"memory": ["ingest"], "rewrap": ["keys"], "dedupe": ["dedupe-quality", "dedupe-speed"]}


def main():
    every = {**PARTS, **WITHOUT_STACK}
    wanted = [part for name in sys.argv[1:] for part in OTHER_NAMES.get(name, [name])] or list(every)
    unknown = [name for name in wanted if name not in every]
    if unknown:
        raise SystemExit(f"bench: no such part: {', '.join(unknown)}; there are {', '.join((*every, *OTHER_NAMES))}")
    for name in wanted:
        if name in WITHOUT_STACK:
            WITHOUT_STACK[name]()
            continue
        stack = Stack(ROOT / "build" / "bench-stack")
        stack.wipe()
        try:
            stack.up()
            PARTS[name](stack)
        finally:
            if os.environ.get("LETHE_TEST_KEEP") != "1":
                stack.wipe()
    return 0


if __name__ == "__main__":
    sys.exit(main())
