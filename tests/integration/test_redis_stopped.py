"""Redis lowers contention and decides nothing: without it everything goes on, and the health page says so.
LETHE_TEST_NO_REDIS=1 runs all the other integration tests without it as well."""
import os

import pytest
from forgetting import ask, wait_completed
from lethe_stack import contact, wait_until


@pytest.fixture
def without_redis(stack):
    stack.run("kill", "redis", check=False)
    yield stack
    if os.environ.get("LETHE_TEST_NO_REDIS") != "1":
        stack.start("redis")


def test_the_main_job_goes_on(without_redis):
    stack = without_redis
    email = "ohne.redis@redis.example"
    stack.send(contact("R-1", email=email, family_name="Ohne", consents=[{"purpose": "product-a-news", "statement": 3,
                                                                           "language": "en"}]),
               contact("R-2", system="shop", category="customer", email=email, family_name="Ohne"))
    wait_until(lambda: len(persons(stack, email)) == 1 and len(persons(stack, email)[0]["records"]) == 2, 60,
               "two records to be one person")
    stack.wait_mail(email, timeout=60)
    wait_until(lambda: "redis" in stack.http("GET", stack.url("intake", "/health/ready")).text, 30,
               "the health page to say that Redis is away")
    assert stack.ready("intake"), "Redis is no reason to stop"
    wait_completed(stack, [ask(stack, {"email": email})], 90)
    assert persons(stack, email) == []


def persons(stack, email):
    answer = stack.admin("POST", "/subjects/search", {"email": email})
    assert answer.status_code == 200, answer.text
    return answer.json()["persons"]
