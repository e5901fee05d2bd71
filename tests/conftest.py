"""pytest's common ground: tests/lib on the path, and one stack shared by the ordinary tests of a module.
LETHE_TEST_NO_REDIS=1 stops Redis on each stack once it is up."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

from lethe_stack import ROOT, Stack  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "durable: needs a broker that keeps what it has acknowledged")


def pytest_runtest_setup(item):
    real = any((ROOT / "build" / "kafka").glob("*.jar")) and os.environ.get("LETHE_BROKER") != "mock"
    if item.get_closest_marker("durable") and not real:
        pytest.skip("the broker is librdkafka's mock cluster, which keeps nothing: nothing is proven on it")


@pytest.fixture(scope="module")
def stack():
    """A running stack. A module's tests keep out of one another's way by ids of their own; modules play parts of services
    and stop them, so each has a stack of its own (it is up in 5 s). LETHE_TEST_KEEP=1 leaves it running."""
    shared = Stack()
    try:
        yield shared.up()
    finally:
        if os.environ.get("LETHE_TEST_KEEP") == "1":
            print(f"\nkept: LETHE_HOME={shared.home}")
        else:
            shared.wipe()


@pytest.fixture
def own_stack():
    """A stack for one test alone, not up yet: for what kills, wipes or floods."""
    alone = Stack()
    try:
        yield alone
    finally:
        if os.environ.get("LETHE_TEST_KEEP") == "1":
            print(f"\nkept: LETHE_HOME={alone.home}")
        else:
            alone.wipe()
