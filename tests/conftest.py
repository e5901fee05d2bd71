"""pytest's common ground: tests/lib on the path, and one stack shared by the ordinary tests of a module.
LETHE_TEST_NO_REDIS=1 stops Redis before the first test."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))

from lethe_stack import Stack  # noqa: E402


@pytest.fixture(scope="module")
def stack():
    """A running stack. A module's tests keep out of one another's way by ids of their own; modules play parts of services
    and stop them, so each has a stack of its own (it is up in 5 s). LETHE_TEST_KEEP=1 leaves it running."""
    shared = Stack()
    try:
        shared.up()
        if os.environ.get("LETHE_TEST_NO_REDIS") == "1":
            shared.kill("redis")
        yield shared
    finally:
        if os.environ.get("LETHE_TEST_KEEP") == "1":
            print(f"\nkept: LETHE_HOME={shared.home}")
        else:
            shared.wipe()


@pytest.fixture
def own_stack():
    """A stack for one test alone: for what kills, wipes or floods."""
    alone = Stack()
    try:
        yield alone
    finally:
        alone.wipe()
