"""A frozen owner whose partitions another one took over and that then wakes writes nothing and costs nothing."""
import os
import signal

import pytest
from faults import frozen
from lethe_stack import contact, wait_until

TAKE_OVER = 40  # the session timeout and what follows


def people(first, n):
    return [contact(f"Z-{number}", email=f"z.{number}@zombie.example", family_name=f"Zombie{number}",
                    phone=f"+4915199{number:06}") for number in range(first, first + n)]


def rows(stack):
    """Which transactions wrote what stands in the tables of intake and dedupe."""
    return [stack.rows(f"SELECT xmin::text, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
            for table in ("vault.record", "dedupe.record", "dedupe.match_key", "retention.clock")]


def messages(stack, topic, kind):
    return [headers["id"] for headers, _, _ in stack.messages(topic) if headers.get("type") == kind]


@pytest.mark.parametrize("service, point", [
    ("intake", "service.before-commit"), ("intake", "relay.before-send"),
    ("dedupe", "service.before-commit"), ("dedupe", "relay.before-send"), ("dedupe", "relay.after-delivery"),
])
def test_a_zombie_writes_nothing_and_costs_nothing(own_stack, service, point):
    stack = own_stack.up()
    stack.send(people(0, 500))
    stack.wait_drained(60)
    stack.kill(service)
    stack.start(service, env={"LETHE_STOP_AT": f"{point}:3"})
    wait_until(lambda: stack.send(people(500, 500)) or frozen(stack, service) if not frozen(stack, service) else True, 30,
               f"{service} to freeze at {point}")
    stack.start(service, instance=2)
    stack.send(people(1000, 500))
    wait_until(lambda: stack.value("SELECT count(*) FROM retention.clock") == 1500, TAKE_OVER, "the successor to do all of it")
    stack.wait_drained(TAKE_OVER)
    before = rows(stack)

    os.kill(stack.pid(service), signal.SIGCONT)
    wait_until(lambda: stack.pid(service) is None or stack.ready(service), TAKE_OVER, "the zombie to come to itself")
    stack.wait_drained(TAKE_OVER)
    assert rows(stack) == before, "the zombie wrote"
    for table, column in (("vault.record", "source_key"), ("dedupe.record", "record"), ("retention.clock", "subject")):
        assert stack.value(f"SELECT count(*) FROM {table}") == 1500, table

    # Whatever it may have published once more changed nothing; and life goes on with both.
    if not stack.pid(service):
        stack.start(service)
    stack.send(people(1500, 100))
    wait_until(lambda: stack.value("SELECT count(*) FROM retention.clock") == 1600, TAKE_OVER, "life to go on")
    stack.wait_drained(TAKE_OVER)
    if point == "service.before-commit":
        kind = {"intake": ("record", "lethe.record.accepted"), "dedupe": ("person", "lethe.person.linked")}[service]
        ids = messages(stack, *kind)
        assert len(ids) == len(set(ids)), "an event that was never committed was published"
