"""Mails: a campaign laid out, then sent to Postfix's smtp-sink with consent asked again for each; beside it a bare loop that
sends messages of about the same size by libcurl, and consent's decisions by themselves."""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import uuid
from pathlib import Path

import requests

from lethe_stack import ROOT, wait_until
from measure import Profile, emit, reset_peak, resident_mb

PURPOSE = "product-a-news"
CAMPAIGN_MOST = 10000
INFRASTRUCTURE = ("postgres", "keyring", "kafka", "redis")
LOAD = ROOT / "build" / "release" / "tests" / "bench" / "load"
LOOP = ROOT / "build" / "release" / "tests" / "bench" / "mail_loop"
POSTFIX = ROOT / "build" / "postfix"
TEXT = "There is news about Product A, and this is all of it. " * 8
# Consents as their confirmations would have left them: the acts' own road is consent's benchmark, not this one.
CONSENTS = """
WITH known AS (
    UPDATE consent.address AS a SET idle_at = NULL FROM vault.record AS r WHERE r.email_key = a.email_key RETURNING a.id, a.vault),
put AS (
    INSERT INTO consent.address (id, email_key, wide_key, vault, created_at)
    SELECT gen_random_uuid(), email_key, email_wide_key, record_id, now() FROM vault.record ON CONFLICT DO NOTHING
    RETURNING id, vault),
acts AS (
    INSERT INTO consent.ledger (address, channel, purpose, statement, language, act, given_by, at, recorded_at, source, controller)
    SELECT id, 'email', %(purpose)s, 3, 'en', 1, 0, now(), now(), 'bench', 'acme' FROM put RETURNING address, position)
INSERT INTO consent.state (address, channel, purpose, rev, state, statement, language, position, at, asked_position, asked_at,
                           recorded_at, source)
SELECT address, 'email', %(purpose)s, 1, 1, 3, 'en', position, now(), position, now(), now(), 'bench' FROM acts"""


def smtp_sink():
    """(program, environment): the machine's, or that of Debian's package, unpacked below build/, not installed."""
    found = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        return found, dict(os.environ)
    program = POSTFIX / "usr" / "sbin" / "smtp-sink"
    if not program.exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["apt-get", "download", "postfix"], cwd=folder, check=True, capture_output=True)
            (package,) = Path(folder).glob("postfix*.deb")
            subprocess.run(["dpkg", "-x", package, POSTFIX], check=True)
    return str(program), {**os.environ, "LD_LIBRARY_PATH": str(POSTFIX / "usr" / "lib" / "postfix")}


def start_sink(port):
    program, environment = smtp_sink()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    return subprocess.Popen([program, *user, f"127.0.0.1:{port}", "256"], env=environment)


def free_port():

    with socket.create_server(("127.0.0.1", 0)) as nobody:
        return nobody.getsockname()[1]


def lay_out(stack, records):
    """Campaigns of as many records as a request takes; seconds until all are laid out."""
    began = time.monotonic()
    for at in range(0, len(records), CAMPAIGN_MOST):
        answer = stack.internal("POST", "mailer", "/internal/v1/campaigns", {
            "campaign": str(uuid.uuid4()), "purpose": PURPOSE, "content": {"subject": "News", "text": TEXT},
            "records": records[at:at + CAMPAIGN_MOST]})
        if answer.status_code != 202:
            raise SystemExit(f"bench: the campaign isn't taken: {answer.text}")
    wait_until(lambda: stack.value("SELECT count(*) FROM mailer.mail WHERE campaign IS NOT NULL") >= len(records), 600,
               lambda: f"the layout; {stack.value('SELECT count(*) FROM mailer.mail WHERE campaign IS NOT NULL')} are laid out")
    return time.monotonic() - began


def count_sent(stack):
    return stack.value("SELECT count(*) FROM mailer.mail WHERE state = 2 AND campaign IS NOT NULL")


def send(stack, port, mails):
    """Mails a second between the first and the last page that is seen."""
    stack.start("mailer", env={"LETHE_SMTP": f"127.0.0.1:{port}"})
    reset_peak(stack.pid("mailer"))
    wait_until(lambda: count_sent(stack) > 0, 60, "the first mails")
    profile = Profile(stack, ("mailer", "consent", *INFRASTRUCTURE), closely=("mailer", "consent"))
    samples = []

    def done():
        samples.append((time.monotonic(), count_sent(stack)))
        time.sleep(0.2)
        return samples[-1][1] >= mails

    wait_until(done, 600, lambda: f"all mails; {samples[-1][1]} are sent")
    bound_by = profile.stop()
    (first_at, first), (last_at, last) = samples[0], next(s for s in samples if s[1] >= mails)
    return (last - first) / (last_at - first_at), bound_by, resident_mb(stack.pid("mailer"), peak=True)


def decisions(stack, seconds=5, page=256, askers=2):
    """Consent's answers a second, asked as mailer asks."""
    keys = [bytes(row[0]).hex() for row in stack.rows("SELECT email_key FROM consent.address LIMIT %s", (page,))]
    body = json.dumps({"items": [{"keys": [{"kind": "email", "hash": key}], "channel": "email", "purpose": PURPOSE}
                                 for key in keys]})
    counts, until = [0] * askers, time.monotonic() + seconds

    def ask(number):
        with requests.Session() as session:
            session.headers.update({"Authorization": f"Bearer {stack.internal_token}", "Content-Type": "application/json"})
            while time.monotonic() < until:
                answer = session.post(stack.url("consent", "/internal/v1/decide"), data=body, timeout=30)
                if answer.status_code != 200:
                    raise SystemExit(f"bench: consent answers {answer.status_code}")
                counts[number] += len(keys)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(askers)]
    profile = Profile(stack, ("consent", *INFRASTRUCTURE), closely=("consent",))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds, profile.stop()


def bare_loop(port, mails, size):
    done = subprocess.run([LOOP, f"127.0.0.1:{port}", str(mails), str(size)], capture_output=True, text=True, check=True)
    return mails / json.loads(done.stdout)["seconds"]


def mail(stack):
    mails = int(os.environ.get("BENCH_MAILS", "40000"))
    subprocess.run([LOAD, stack.env["LETHE_KAFKA"], str(mails), "5"], check=True, capture_output=True)
    wait_until(lambda: stack.value("SELECT count(*) FROM vault.record") >= mails, 300, "the records")
    stack.wait_drained(600)
    stack.rows(CONSENTS, {"purpose": PURPOSE})
    stack.rows("ANALYZE")
    records = [str(row[0]) for row in stack.rows("SELECT record_id FROM vault.record ORDER BY record_id LIMIT %s", (mails,))]
    stack.stop("mailer")
    stack.start("mailer", env={"LETHE_SMTP": f"127.0.0.1:{free_port()}"})  # nobody there: the layout alone is measured
    profile = Profile(stack, ("mailer", "consent", *INFRASTRUCTURE), closely=("mailer", "consent"))
    seconds = lay_out(stack, records)
    emit("campaign.layout_per_s", mails / seconds, "mails/s", bound_by=profile.stop(), mails=mails,
         layout_s_per_million=round(seconds / mails * 1e6, 1))
    rate, bound_by = decisions(stack)
    emit("consent.decisions_per_s", rate, "decisions/s", bound_by=bound_by)
    stack.stop("mailer")
    stack.rows("UPDATE mailer.mail SET state = 0, why = NULL, next_at = now() WHERE campaign IS NOT NULL AND next_at IS NOT NULL")
    port = free_port()
    sink = start_sink(port)
    try:
        rate, bound_by, peak = send(stack, port, mails)
        bare = bare_loop(port, min(mails, 20000), 2500)
    finally:
        sink.terminate()
        sink.wait()
    unsure = stack.rows("SELECT state, why, count(*) FROM mailer.mail WHERE campaign IS NOT NULL AND state <> 2 GROUP BY 1, 2")
    if unsure:
        raise SystemExit(f"bench: not all were sent: {unsure}")
    emit("mail.per_s", rate, "mails/s", ratio=rate / bare, to="mail.bare_loop_per_s", bound_by=bound_by,
         mailer_peak_mb=round(peak, 1), mails=mails)
    emit("mail.bare_loop_per_s", bare, "mails/s")
