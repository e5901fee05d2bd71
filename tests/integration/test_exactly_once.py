"""Nothing is lost and nothing counts twice: every service killed at every named point, and Kafka, both PostgreSQLs and Redis
killed, with 20,000 events in flight; what the stack has come to equals what an undisturbed one comes to."""
import os
import random
import secrets
from functools import partial

import pytest
from faults import (INFRASTRUCTURE, Input, compare, complete, crash, kill_and_restart, lost_mails, make_stack, outcome, points)
from lethe_stack import SERVICES

SEED = int(os.environ.get("LETHE_TEST_SEED", "11"))
PEOPLE = int(os.environ.get("LETHE_TEST_PEOPLE", "6000"))
EVENTS = 20000


@pytest.fixture(scope="module")
def index_key():
    return secrets.token_hex(32)


@pytest.fixture(scope="module")
def slices():
    """Enough that each crash has some of its own, so that faults meet events in flight to the end."""
    return 6 * len(points()) + 2 * len(INFRASTRUCTURE)


@pytest.fixture(scope="module")
def calm(index_key, slices):
    """What the undisturbed run came to."""
    stack = make_stack(index_key)
    try:
        stack.up()
        work = Input(SEED, PEOPLE, slices)
        assert PEOPLE < 6000 or len(work.events) + len(work.by_http) >= EVENTS
        work.begin(stack)
        work.finish(stack)
        complete(stack)
        return outcome(stack)
    finally:
        stack.wipe()


@pytest.mark.durable
def test_killed_everywhere_and_yet_the_same(calm, index_key, slices):
    stack = make_stack(index_key)
    chance = random.Random(SEED)
    try:
        stack.up()
        work = Input(SEED, PEOPLE, slices)
        work.begin(stack)
        storm(stack, work, chance)
        stack.up()  # whoever is down
        work.finish(stack)
        complete(stack)
        stormy = outcome(stack)
        said = compare(calm, stormy)
        assert not said, "\n".join(said)
        assert lost_mails(stack, calm, stormy) == 0
    finally:
        if os.environ.get("LETHE_TEST_KEEP") != "1":
            stack.wipe()


def storm(stack, work, chance):
    infrastructure = list(INFRASTRUCTURE)
    for service in SERVICES:
        for point in [p for s, p in points() if s == service]:
            nth = 1 if point == "relay.read" else chance.randint(1, 3)  # one row is sure to stand there: the point before
            crash(stack, service, point, nth, partial(work.feed, stack, service))
        stack.start(service, wait=False)
        if infrastructure:
            work.send_slice(stack)
            kill_and_restart(stack, infrastructure.pop(0))
    for name in infrastructure:
        kill_and_restart(stack, name)
