"""An expiry from end to end: a lead whose time is over goes by itself, in every service, and leaves no tombstone. What its
holders hear is in test_erasure."""
import uuid

from lethe_stack import SERVICES, contact, wait_until


def tasks(stack, request):
    return {name: (kind, status, outcome) for name, kind, status, outcome in stack.rows(
        "SELECT name, kind, status, outcome FROM erasure.task WHERE request = %s", (request,))}


def test_a_lead_goes_by_itself_and_may_come_back(stack):
    mine, email = uuid.uuid4().hex[:8], f"{uuid.uuid4().hex[:12]}@canary.example"
    numbers = stack.admin("GET", "/health").json()["requests"]
    stack.send(contact(f"X-{mine}", email=email, captured_at="2023-02-28T12:00:00Z"))

    request = wait_until(lambda: stack.rows("SELECT id FROM erasure.request WHERE kind = 'expiry' AND rule = 'lead-24m'"),
                         60, "the expiry")[0][0]
    wait_until(lambda: all(tasks(stack, request).get(s, ())[1:] == ("closed", "done") for s in SERVICES), 60,
               lambda: f"all services: {tasks(stack, request)}")
    assert not stack.rows("SELECT 1 FROM retention.record") and not stack.rows("SELECT 1 FROM vault.record")
    assert not stack.rows("SELECT 1 FROM intake.tombstone_key"), "who expired may come back tomorrow"
    wait_until(lambda: stack.rows("SELECT 1 FROM admin.request WHERE id = %s", (request,)), 30, "admin to hear of it")
    assert stack.admin("GET", "/health").json()["requests"] == numbers, "an expiry is no open request"

    stack.send(contact(f"X-{mine}", version=2, email=email, captured_at="2026-11-01T12:00:00Z"))
    wait_until(lambda: stack.rows("SELECT 1 FROM vault.record"), 60, "the same lead with a new version")
