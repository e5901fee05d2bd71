"""A vault whose KEK or keyring is away is no input's fault: what needs it waits, health says for what, and goes on."""
import pytest
from lethe_stack import contact, wait_until


def people(first, n):
    return [contact(f"V-{number}", email=f"v.{number}@vault.example", family_name=f"Vault{number}",
                    consents=[{"purpose": "product-b-news", "statement": 1, "language": "en"}])
            for number in range(first, first + n)]


def waits_for(stack, service):
    return stack.http("GET", stack.url(service, "/health/ready"), timeout=5).json()["waiting_for"]


def said(stack, service):
    return [line for line in stack.log(service).splitlines() if "partition" not in line][-12:]


def dead_letters(stack):
    return len(stack.messages("dead"))


@pytest.mark.parametrize("service", ["intake", "consent"])
def test_a_kek_that_is_away_is_waited_for(stack, service):
    first = {"intake": 0, "consent": 100}[service]
    stack.send(people(first, 20))
    stack.wait_drained(60)
    before = stack.value("SELECT count(*) FROM consent.confirm_token")
    stack.restart(service)  # its loop has read no KEK yet
    kek = stack.home / "kek" / "1.kek"
    kek.rename(kek.with_suffix(".away"))
    try:
        stack.send(people(first + 20, 20))
        wait_until(lambda: waits_for(stack, service) == ["vault"], 20, f"{service} to wait for the vault")
        assert stack.http("GET", stack.url(service, "/health/live")).status_code == 200
        assert stack.behind(), "nothing waits"
    finally:
        kek.with_suffix(".away").rename(kek)
    stack.wait_drained(60)
    wait_until(lambda: stack.ready(service), 20, f"{service} to be ready again")
    assert stack.value("SELECT count(*) FROM vault.record WHERE category = 'lead'") == first // 100 * 40 + 40
    assert stack.value("SELECT count(*) FROM consent.confirm_token") == before + 20
    assert dead_letters(stack) == 0


def test_a_keyring_that_is_away_is_waited_for_by_name(stack):
    stack.send(people(200, 5))
    stack.wait_drained(60)
    before = stack.value("SELECT count(*) FROM vault.record")
    stack.kill("keyring")
    stack.send(people(205, 20))
    wait_until(lambda: "vault" in waits_for(stack, "intake"), 20, "intake to wait for the vault")
    assert "postgres" not in waits_for(stack, "intake")
    stack.start("keyring")
    stack.wait_drained(60)
    wait_until(lambda: stack.ready("intake"), 20, "intake to be ready again")
    assert stack.value("SELECT count(*) FROM vault.record") == before + 20
    assert dead_letters(stack) == 0


@pytest.mark.parametrize("service", ["mailer", "erasure"])
def test_a_kek_that_goes_is_noticed_before_anybody_needs_it(stack, service):
    """No event comes: the service looks by itself."""
    stack.wait_drained(60)
    wait_until(lambda: stack.ready(service), 20, f"{service} to be ready")
    kek = stack.home / "kek" / "1.kek"
    kek.rename(kek.with_suffix(".away"))
    try:
        wait_until(lambda: waits_for(stack, service) == ["vault"], 20, f"{service} to wait for the vault")
        wait_until(lambda: "the KEK of epoch 1 is missing" in stack.log(service), 20,
                   lambda: f"the log to say why: {said(stack, service)}")
    finally:
        kek.with_suffix(".away").rename(kek)
    wait_until(lambda: stack.ready(service), 20, f"{service} to be ready again")
