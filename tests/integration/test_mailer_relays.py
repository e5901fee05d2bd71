"""mailer's relays: weights, limits, TLS and logins, connections kept, a relay that is away."""
import json
import socket
import ssl
import subprocess
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from consents import address, asks
from lethe_stack import wait_until
from smtp_relay import Relay


@pytest.fixture
def relays(stack, tmp_path):
    """Starts mailer over relays of the test's own; it goes back to the stack's afterwards."""
    opened = []

    def start(*rows, domains=(), **answers):
        made = [Relay(**answers) for row in rows if "host" not in row]
        opened.extend(made)
        ours = iter(made)
        file = tmp_path / "relays.json"
        file.write_text(json.dumps({"relays": [{"host": f"127.0.0.1:{next(ours).port}", **row} if "host" not in row else row
                                               for row in rows], "domains": list(domains)}))
        stack.stop("mailer")
        stack.rows("UPDATE mailer.mail SET state = 7, next_at = NULL WHERE next_at IS NOT NULL")  # what other tests left
        stack.start("mailer", env={"LETHE_SMTP": "", "LETHE_RELAYS": str(file)})
        return made
    yield start
    for one in opened:
        one.close()
    stack.restart("mailer")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        return nobody.getsockname()[1]


def ask_all(stack, emails):
    stack.send(*(asks(email) for email in emails))



def test_weights(stack, relays):
    heavy, light = relays({"weight": 3}, {"weight": 1})
    emails = [address() for _ in range(20)]  # no more than find a connection at once: weights speak where there is a choice
    ask_all(stack, emails)
    wait_until(lambda: len(heavy.sent_to) + len(light.sent_to) == len(emails), what="all to be taken")
    assert sorted(heavy.sent_to + light.sent_to) == sorted(emails)
    assert len(heavy.sent_to) > len(light.sent_to) > 0


def test_connections_are_kept(stack, relays):
    (relay,) = relays({"connections": 2}, EHLO="250-relay\r\n250 PIPELINING")
    emails = [address() for _ in range(40)]
    ask_all(stack, emails)
    wait_until(lambda: len(relay.sent_to) == len(emails), what="all to be taken")
    assert len(relay.open) <= 2
    assert "RSET" not in relay.seen and relay.seen.count("EHLO") == len(relay.open)


def test_a_relay_that_is_away_holds_up_nothing(stack, relays):
    (good,) = relays({}, {"host": f"127.0.0.1:{free_port()}"})
    emails = [address() for _ in range(20)]
    ask_all(stack, emails)
    wait_until(lambda: sorted(good.sent_to) == sorted(emails), 60, lambda: f"all to be taken, not {len(good.sent_to)}")


def test_a_slow_message_holds_up_no_other(stack, relays):
    held = threading.Event()
    slow = address()
    (relay,) = relays({"connections": 4})
    relay.answers["."] = lambda: (held.wait(60) if relay.sent_to[-1] == slow else None, "250 taken")[1]
    ask_all(stack, [slow])
    wait_until(lambda: slow in relay.sent_to, what="the slow one to be on its way")
    others = [address() for _ in range(10)]
    ask_all(stack, others)
    wait_until(lambda: set(others) <= set(relay.sent_to), what="the others to go")
    held.set()
    wait_until(lambda: stack.value("SELECT count(*) FROM mailer.mail WHERE state = 1") == 0, what="all results")


def test_a_domains_rate_and_a_relays(stack, relays):
    (relay,) = relays({"connections": 4}, domains=[{"domain": "slow-domain.example", "connections": 1, "per_second": 4}])
    slow = [address().replace("consent-test", "slow-domain") for _ in range(8)]
    began, first = time.monotonic(), stack.value("SELECT now()")
    ask_all(stack, [*slow, *(address() for _ in range(5))])
    wait_until(lambda: len(relay.sent_to) == 13, what="all to be taken")
    assert time.monotonic() - began > 1.5  # 8 at 4 a second: the last slot is 1.75 s after the first
    assert stack.value("SELECT count(*) FROM mailer.attempt WHERE began_at >= %s", (first,)) == 13  # a wait is no attempt


class Keeper:
    def __init__(self):
        self.taken = []

    async def handle_DATA(self, _server, session, envelope):
        self.taken.append((session.authenticated, envelope.rcpt_tos[0]))
        return "250 taken"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_tls_and_a_login(stack, relays, tmp_path, tls):
    key, certificate, password = tmp_path / "key.pem", tmp_path / "relay.pem", tmp_path / "password"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate], check=True,
                   capture_output=True)
    password.write_text("s3cret\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    keeper = Keeper()
    port = free_port()
    server = Controller(keeper, hostname="localhost", port=port, auth_required=True,
                        auth_require_tls=tls == "starttls", ssl_context=context if tls == "implicit" else None,
                        tls_context=context if tls == "starttls" else None, require_starttls=tls == "starttls",
                        authenticator=lambda _server, _session, _envelope, _mechanism, data: AuthResult(
                            success=(data.login, data.password) == (b"acme", b"s3cret")))
    server.start()
    try:
        row = {"host": f"localhost:{port}", "tls": tls, "user": "acme", "password_file": str(password),
               "ca_file": str(certificate)}
        relays(row)
        email = address()
        ask_all(stack, [email])
        wait_until(lambda: keeper.taken, what="the mail")
        assert keeper.taken == [(True, email)]
        relays({k: v for k, v in row.items() if k != "ca_file"})  # a certificate that nobody vouches for: nothing leaves
        email = address()
        ask_all(stack, [email])
        wait_until(lambda: stack.value("SELECT count(*) FROM mailer.mail WHERE state = 3 AND why = 'relay-away'"),
                   what="the mail to be put off")
        assert len(keeper.taken) == 1
    finally:
        server.stop()


def test_a_file_with_mistakes_is_named_whole(stack, tmp_path):
    file = tmp_path / "relays.json"
    file.write_text('{"relays": [{"host": "nowhere"}, {"host": "a.example:25", "user": "x"}]}')
    done = subprocess.run([str(stack_binary(stack)), "--check", f"--relays={file}"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    for pointer in ("/relays/0/host", "/relays/1: user and password_file"):
        assert pointer in done.stdout + done.stderr


def stack_binary(stack):
    return f"/proc/{stack.pid('mailer')}/exe"
