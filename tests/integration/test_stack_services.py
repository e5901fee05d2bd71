"""How the local stack treats services, shown with stand-ins: migrations, readiness, instances, stubborn ones."""
import json
import os
import signal
import sys

import psycopg
import pytest
from lethe_stack import Stack, wait_until

STAND_IN = """#!{python}
import http.server, json, os, signal, sys
name = os.path.basename(sys.argv[0])
record = lambda what, value: open(os.path.join({notes!r}, what), "a").write(json.dumps(value) + "\\n")
if sys.argv[1:] == ["migrate"]:
    record("migrated", [name, sorted(k for k in os.environ if k.startswith("LETHE_"))])
    sys.exit(3 if os.path.exists({notes!r} + "/break-migrate") else 0)
record("started", [name, {{k: v for k, v in os.environ.items() if k.startswith("LETHE_")}}])
if os.environ.get("LETHE_CRASH_AT") == "start":
    sys.exit(137)
if name == "lethe-mailer" and os.path.exists({notes!r} + "/stubborn"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = not os.path.exists({notes!r} + "/not-ready")
        self.send_response(200 if ready else 503)
        self.end_headers()
        self.wfile.write(json.dumps({{"waits_for": [] if ready else ["the moon"]}}).encode())
    def log_message(self, *_):
        pass
host, port = os.environ["LETHE_HTTP"].split(":")
print(json.dumps({{"level": "info", "message": "stand-in serves"}}), file=sys.stderr, flush=True)
http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
"""


@pytest.fixture
def stand_ins(tmp_path):
    folder, notes = tmp_path / "bin", tmp_path / "notes"
    folder.mkdir()
    notes.mkdir()
    for name in ("intake", "mailer"):
        path = folder / f"lethe-{name}"
        path.write_text(STAND_IN.format(python=sys.executable, notes=str(notes)))
        path.chmod(0o755)
    stack = Stack(bin_dir=folder, env={"LETHE_BROKER": "mock"})
    stack.notes = notes
    yield stack
    stack.wipe()


def noted(stack, what):
    return [json.loads(line) for line in (stack.notes / what).read_text().splitlines()]


def test_services_are_migrated_started_told_apart_and_stopped(stand_ins):
    stack = stand_ins
    (stack.notes / "stubborn").touch()
    stack.up()
    migrated = dict(noted(stack, "migrated"))
    assert list(migrated) == ["lethe-intake", "lethe-mailer"], "intake's migrations come first"
    assert {"LETHE_PG_OWNER", "LETHE_PG_VAULT_OWNER", "LETHE_KEYRING_OWNER"} <= set(migrated["lethe-intake"])
    assert "LETHE_PG_VAULT_OWNER" not in migrated["lethe-mailer"]

    started = dict(noted(stack, "started"))
    options = started["lethe-intake"]
    assert "LETHE_PG_OWNER" not in options
    assert options["LETHE_INSTANCE"] == "intake-1"
    for name in ("LETHE_PG", "LETHE_KEYRING"):
        with psycopg.connect(options[name]) as link:
            assert link.execute("SELECT current_user").fetchone() == ("lethe_intake",)

    stack.start("intake", instance=2)
    assert noted(stack, "started")[-1][1]["LETHE_INSTANCE"] == "intake-2"
    assert stack.ready("intake") and stack.ready("intake-2")
    assert stack.env["LETHE_PID_INTAKE_2"] == str(stack.pid("intake-2"))

    stack.kill("intake")
    stack.up()
    assert stack.ready("intake")

    stopped = stack.run("down", check=False)
    assert stopped.returncode == 1 and "mailer" in stopped.stdout, "the one that ignores SIGTERM is named"
    assert not stack.pid("intake") and not stack.pid("intake-2") and not stack.pid("mailer")


def test_a_crash_point_is_for_one_start_alone(stand_ins):
    stack = stand_ins.up()
    stack.kill("intake")
    stack.start("intake", env={"LETHE_CRASH_AT": "start"}, wait=False)
    stack.wait_dead("intake")
    stack.start("intake")
    assert "LETHE_CRASH_AT" not in noted(stack, "started")[-1][1]


def test_a_frozen_service_can_be_stopped(stand_ins):
    stack = stand_ins.up()
    stack.freeze("intake")
    wait_until(lambda: open(f"/proc/{stack.pid('intake')}/stat", encoding="ascii").read().split()[2] == "T",
               5, "intake to be frozen")
    stack.stop("intake")
    assert stack.pid("intake") is None


def test_what_fails_is_said(stand_ins):
    stack = stand_ins
    (stack.notes / "break-migrate").touch()
    failed = stack.run("up", check=False)
    assert failed.returncode == 1 and "intake: migrate ended with 3" in failed.stderr
    (stack.notes / "break-migrate").unlink()
    stack.up()
    os.kill(stack.pid("intake"), signal.SIGTERM)
    stack.wait_dead("intake")
    status = stack.run("status", check=False)
    assert status.returncode == 1 and "DOWN" in status.stdout
