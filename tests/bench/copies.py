"""Who is in a copy, out of many millions; and how fast what a restore brought back is ended again."""
import json
import os
import secrets
import time
import uuid
from datetime import datetime, timezone

import backups
import psycopg
from forgets import Asker, at_a_steady_rate, people, wait_answered
from forgetting import wait_completed
from lethe_stack import ROOT, SERVICES, wait_until
from measure import Profile, emit, percentile

LOOKS = 4000
COPIES = 20
PAGE = 10000


def look_statement():
    """The service's own, with psycopg's names for its parameters."""
    text = (ROOT / "services" / "backup" / "sql" / "may_hold.sql").read_text()
    return text.replace("$1::timestamptz", "%(at)s::timestamptz").replace("$2::bytea[]", "%(keys)s::bytea[]")


def register(stack):
    answer = stack.internal("POST", "backup", "/internal/v1/backups", {
        "name": uuid.uuid4().hex, "holder": "archive", "kind": "outside", "contents": "manifest",
        "taken_at": "2026-01-01T00:00:00Z", "expires_at": "2036-01-01T00:00:00Z"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def upload(stack, copy, n):
    """By the road that holders' manifests take: pages."""
    began = time.monotonic()
    for at in range(0, n, PAGE):
        page = {"keys": [{"kind": "email", "hash": secrets.token_hex(16)} for _ in range(min(PAGE, n - at))],
                "complete": at + PAGE >= n}
        answer = stack.internal("POST", "backup", f"/internal/v1/backups/{copy}/manifest", page)
        assert answer.status_code == 202, answer.text
    return n / (time.monotonic() - began)


def manifest(stack):
    entries = int(os.environ.get("BENCH_MANIFEST", "10000000"))
    copies = [register(stack) for _ in range(COPIES)]
    uploaded = upload(stack, copies[0], min(entries, 1000000))
    emit("manifest.upload_per_s", uploaded, "entries/s", entries=min(entries, 1000000))
    with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as link:
        link.execute("SET search_path = backup")
        link.execute("SET maintenance_work_mem = '512MB'")
        link.execute("ALTER TABLE backup.manifest DROP CONSTRAINT manifest_pkey")
        link.execute("INSERT INTO backup.manifest (backup, key) SELECT (%s::uuid[])[1 + i %% %s], decode(md5(i::text), 'hex') "
                     "FROM generate_series(1, %s) AS i", (copies, COPIES, max(0, entries - min(entries, 1000000))))
        link.execute("ALTER TABLE backup.manifest ADD PRIMARY KEY (key, backup)")
        link.execute("UPDATE backup.backup SET complete = true")
        link.execute("VACUUM ANALYZE backup.manifest")
        there = link.execute("SELECT count(*) FROM backup.manifest").fetchone()[0]
        statement, now, took, found = look_statement(), datetime.now(timezone.utc), [], 0
        for number in range(LOOKS):  # five identifiers a person; half of the persons are in some copy
            keys = [secrets.token_bytes(16) for _ in range(4)]
            known = number % 2 == 0
            keys.append(bytes.fromhex(link.execute("SELECT md5((%s)::text)", (1 + number * 7919 % max(1, entries - 1000000),))
                                      .fetchone()[0]) if known and entries > 1000000 else secrets.token_bytes(16))
            began = time.perf_counter()
            rows = link.execute(statement, {"at": now, "keys": keys}, prepare=True).fetchall()
            took.append((time.perf_counter() - began) * 1000)
            found += len(rows) > 0
    emit("manifest.lookup_p99_ms", percentile(took, 99), "ms", p50=round(percentile(took, 50), 3), entries=there, copies=COPIES,
         found=found, bound_by="one descent of the index an identifier; the driver's own time is in it")


def restore(stack):
    n = int(os.environ.get("BENCH_REPLAY", "1000"))
    people(stack, n)
    taken = backups.take(stack)
    asked = at_a_steady_rate(Asker(stack), n, 0)
    wait_answered(stack, asked, 600)
    wait_completed(stack, [request for request, *_ in asked], 600)
    stack.wait_drained(300)
    for name in SERVICES:
        stack.stop(name)
    backups.run(stack, "restore", taken["schemas"])
    backups.run(stack, "restore", taken["keyring"])
    profile = Profile(stack, ("postgres", "keyring"))
    began = time.monotonic()
    for name in SERVICES:
        stack.start(name, wait=False)
    wait_until(lambda: all(stack.ready(name) for name in SERVICES), 900, "all gates to open")
    seconds = time.monotonic() - began
    report = backups.report(stack)
    destroyed = sum(order["type"] == "lethe.forget.destroy" for s in report["schemas"] if s["schema"] == "intake"
                    for order in s["orders"])
    if destroyed != n or report["totals"]["left"]:
        raise SystemExit(f"bench: {destroyed} of {n} forgets were done again: {json.dumps(report['totals'])}")
    emit("restore.replay_per_s", n / seconds, "forgets/s", forgets=n, seconds=round(seconds, 2), services=len(SERVICES),
         bound_by=profile.stop())
