"""A frozen owner whose partitions another one took over and that then wakes writes nothing and costs nothing."""
import collections
import itertools
import json
import os
import signal

import pytest
from faults import frozen
from lethe_stack import contact, wait_until

TAKE_OVER = 40  # the session timeout and what follows
ROUND = 500


class Zombies:
    """New people, round after round: a repeat would publish nothing."""

    def __init__(self, stack):
        self.stack = stack
        self.numbers = itertools.count()
        self.sent = 0

    def send(self, n=ROUND):
        self.stack.send(contact(f"Z-{number}", email=f"z.{number}@zombie.example", family_name=f"Zombie{number}",
                                phone=f"+4915199{number:06}") for number in itertools.islice(self.numbers, n))
        self.sent += n

    def wait_through(self):
        """Until all of it has gone all the way: each record has its clock."""
        wait_until(lambda: self.stack.value("SELECT count(*) FROM retention.record") == self.sent, TAKE_OVER,
                   lambda: f"{self.sent} clocks; there are {self.stack.value('SELECT count(*) FROM retention.record')}")
        self.stack.wait_drained(TAKE_OVER)


def written(stack, service):
    """{table: which transactions wrote what stands there}: the service's own tables, and what hangs on it. Leases and
    partitions go from hand to hand in any case: of these the offsets count."""
    renewed = {"lease", "outbox_shard", "policy_row", "rolled", "koff", "ledger_mark"}
    found = {f"{schema}.{table}": stack.rows(f"SELECT xmin::text, count(*) FROM {schema}.{table} GROUP BY 1 ORDER BY 1")
             for schema, table in stack.tables() if schema in (service, "vault") and table not in renewed}
    found["offsets"] = stack.rows(f"SELECT topic, part, next FROM {service}.koff ORDER BY 1, 2")
    return found


def freeze(stack, zombies, service, point):
    stack.kill(service)
    stack.start(service, env={"LETHE_STOP_AT": f"{point}:3"}, wait=False)
    wait_until(lambda: frozen(stack, service) or zombies.send(50), 30, f"{service} to freeze at {point}")


def names_of_one_event(stack, topic, kind, what):
    """{(whom an event is about, its revision): the ids it was published under}. A take-over may publish an event once more,
    under its id; one that was never committed has an id of its own."""
    found = collections.defaultdict(set)
    for headers, _, value in stack.messages(topic):
        if headers.get("type") == kind:
            data = json.loads(value)
            found[data[what], data["rev"]].add(headers["id"])
    return found


@pytest.mark.durable
@pytest.mark.parametrize("service, point", [
    ("intake", "batch.before-commit"), ("dedupe", "batch.before-commit"),
    ("intake", "relay.before-send"), ("dedupe", "relay.before-send"), ("dedupe", "relay.after-delivery"),
])
def test_a_zombie_writes_nothing_and_costs_nothing(own_stack, service, point):
    stack = own_stack.up()
    zombies = Zombies(stack)
    zombies.send()
    zombies.wait_through()
    freeze(stack, zombies, service, point)
    stack.start(service, instance=2)
    zombies.send()
    zombies.wait_through()
    before = written(stack, service)

    os.kill(stack.pid(service), signal.SIGCONT)
    wait_until(lambda: stack.pid(service) is None or stack.ready(service), TAKE_OVER, "the zombie to come to itself")
    stack.wait_drained(TAKE_OVER)
    assert written(stack, service) == before, "the zombie wrote"
    for table in ("vault.record", "dedupe.record", "retention.record"):
        assert stack.value(f"SELECT count(*) FROM {table}") == zombies.sent, table

    # Whatever it may have published once more changed nothing; and life goes on with both.
    if not stack.pid(service):
        stack.start(service)
    zombies.send(100)
    zombies.wait_through()
    if point == "batch.before-commit":
        ids = names_of_one_event(stack, *{"intake": ("record", "lethe.record.accepted", "record"),
                                          "dedupe": ("person", "lethe.person.linked", "person")}[service])
        assert len(ids) >= zombies.sent
        assert [key for key, names in ids.items() if len(names) > 1] == [], "an event that was never committed was published"
