"""The local stack itself: data survive down and up, what was killed comes back, secrets stay private."""
import os
import smtplib
import stat
import subprocess

import psycopg
import pytest
from lethe_stack import ROOT, WITHOUT_REDIS, event

INFRASTRUCTURE = ("postgres", "keyring", "kafka", "redis", "smtp")


@pytest.mark.durable
def test_data_survive_kill_and_down(own_stack):
    stack = own_stack.up()
    stack.rows("CREATE TABLE public.kept (i int)")
    stack.rows("INSERT INTO public.kept VALUES (1)")
    stack.send(event("lethe.test", {"n": 1}), topic="admin")

    for name in INFRASTRUCTURE:
        stack.kill(name)
        assert stack.pid(name) is None
    stack.up()
    assert all(stack.pid(name) for name in INFRASTRUCTURE if name != "redis" or not WITHOUT_REDIS)
    assert stack.rows("SELECT i FROM public.kept") == [(1,)]
    assert [h["type"] for h, _, _ in stack.messages("admin")].count("lethe.test") == 1

    stack.down()
    assert not any(stack.pid(name) for name in INFRASTRUCTURE)
    assert not list((stack.home / "run").glob("*.pid"))
    stack.up()
    assert stack.rows("SELECT i FROM public.kept") == [(1,)]
    assert [h["type"] for h, _, _ in stack.messages("admin")].count("lethe.test") == 1


def test_secrets_are_readable_by_their_owner_alone(stack):
    for path in (stack.home / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE((stack.home / "stack.env").stat().st_mode) == 0o600


def test_a_role_sees_its_own_schema_alone(stack):
    def connect(role):
        password = (stack.home / "secrets" / f"postgres-{role}").read_text().strip()
        return psycopg.connect(stack.env["LETHE_PG"], user=role, password=password, autocommit=True)

    with connect("consent_owner") as owner, connect("lethe_consent") as service, connect("lethe_mailer") as stranger:
        owner.execute("CREATE TABLE consent.stack_test (i int)")
        try:
            service.execute("INSERT INTO stack_test VALUES (1)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                stranger.execute("SELECT * FROM consent.stack_test")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute("CREATE TABLE consent.mine (i int)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute("DROP TABLE consent.stack_test")
        finally:
            owner.execute("DROP TABLE consent.stack_test")


def test_postgres_logs_no_values(stack):
    """Neither statements, nor the DETAIL of a broken constraint, nor a bad literal reach the server's log."""
    canary = "canary-93b1f0@example.org"
    with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as link:
        link.execute("CREATE TEMPORARY TABLE t (address text PRIMARY KEY)")
        link.execute("INSERT INTO t VALUES (%s)", (canary,))
        for statement in ("INSERT INTO t VALUES (%s)", "SELECT %s::text::uuid"):
            with pytest.raises(psycopg.Error):
                link.execute(statement, (canary,))
        with pytest.raises(psycopg.Error):
            link.execute(f"SELECT '{canary}' FROM nowhere")
    assert canary not in stack.log("postgres")


def test_mail_sink_keeps_bounces_and_defers(stack):
    host, port = stack.env["LETHE_SMTP"].split(":")
    with smtplib.SMTP(host, int(port)) as link:
        link.sendmail("a@example.org", ["someone@example.org"], "Subject: kept\r\n\r\ntext")
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            link.sendmail("a@example.org", ["bounce-1@example.org"], "Subject: x\r\n\r\n")
        assert refused.value.recipients["bounce-1@example.org"][0] == 550
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            link.sendmail("a@example.org", ["defer-7@example.org"], "Subject: x\r\n\r\n")
        assert refused.value.recipients["defer-7@example.org"][0] == 451
        link.sendmail("a@example.org", ["defer-7@example.org"], "Subject: late\r\n\r\ntext")
    assert [m["Subject"] for to in ("someone", "defer-7") for _, m in stack.mails(f"{to}@example.org")] == ["kept", "late"]
    number, message = stack.wait_mail("someone@example.org")
    assert number >= 1 and message["X-Envelope-From"] == "a@example.org"


def test_leases_on_a_real_database(stack):
    """The unit test of common/lease skips its cases where there is no PostgreSQL: here there is one."""
    subprocess.run(["make", "-s", "FLAVOUR=asan", "build/asan/tests/unit/common/lease/test_lease"], cwd=ROOT, check=True)
    done = subprocess.run([ROOT / "build/asan/tests/unit/common/lease/test_lease"], capture_output=True, text=True, check=False,
                          env={**os.environ, "LETHE_TEST_PG": stack.env["LETHE_PG"], "CMOCKA_MESSAGE_OUTPUT": "TAP"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SKIP" not in done.stdout and "\nok " in done.stdout
