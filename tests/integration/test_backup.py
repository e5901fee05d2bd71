"""backup on a real stack: the catalogue, and what each forget is told of each copy."""
import uuid
from datetime import datetime, timedelta, timezone

import pytest
from internal_events import data_of, forget, key, new_id, pause
from lethe_stack import wait_until

NOW = datetime.now(timezone.utc).replace(microsecond=0)


@pytest.fixture(scope="module", autouse=True)
def erasure_paused(stack):
    """Tests play its part."""
    resume = pause(stack, "erasure")
    yield
    resume()


def when(**ago):
    return (NOW - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def register(stack, status=201, **about):
    body = {"name": uuid.uuid4().hex, "holder": "archive", "kind": "own", "contents": "everything",
            "taken_at": when(days=2), **about}
    answer = stack.internal("POST", "backup", "/internal/v1/backups", body)
    assert answer.status_code == status, answer.text
    return answer.json().get("id")


def answers(stack, request):
    return {a["backup"]: a for a in data_of(stack, "forget.result", "lethe.backup.answered",
                                            lambda d: d["request"] == request)}


def destroy(stack, **data):
    request = new_id()
    stack.send(forget("destroy", request, **data), topic="forget")
    [done] = wait_until(lambda: data_of(stack, "forget.result", "lethe.forget.result",
                                        lambda d: d["request"] == request and d["service"] == "backup"),
                        what="the answer")
    assert done["remaining"] == 0
    return request


def test_each_copy_is_answered_for(stack):
    mail = key("email", uuid.uuid4().hex)
    dump = register(stack)
    with_keys = register(stack, keyring=True, expires_at=when(days=-30))
    outside = register(stack, kind="outside", contents="system", system="dynamics", expires_at=when(days=-90))
    endless = register(stack, kind="outside", contents="system", system="old-crm")
    listed = register(stack, kind="outside", contents="manifest", expires_at=when(days=-10))
    others = register(stack, kind="outside", contents="manifest", expires_at=when(days=-10))
    gone = register(stack, keyring=True, expires_at=when(days=-5))
    assert stack.internal("PATCH", "backup", f"/internal/v1/backups/{gone}", {"gone": True}).status_code == 200
    for identity, hashes in ((listed, [mail["hash"], key("email", "a")["hash"]]), (others, [key("email", "b")["hash"]])):
        assert stack.internal("POST", "backup", f"/internal/v1/backups/{identity}/manifest",
                              {"keys": hashes}).status_code == 202
    assert stack.internal("POST", "backup", f"/internal/v1/backups/{dump}/manifest",
                          {"keys": [mail["hash"]]}).status_code == 409

    request = destroy(stack, keys=[mail], persons=[new_id()], records=[new_id()])
    wanted = {dump, with_keys, outside, endless, listed}
    wait_until(lambda: wanted <= set(answers(stack, request)), what="an answer for each")
    told = answers(stack, request)
    assert told[dump]["outcome"] == "dark"
    assert told[with_keys]["outcome"] == "gone" and told[with_keys]["at"] == when(days=-30)
    assert told[outside]["outcome"] == "gone" and told[outside]["at"] == when(days=-90)
    assert told[endless]["outcome"] == "human"
    assert told[listed]["outcome"] == "gone"
    assert others not in told and gone not in told
    assert not stack.rows("SELECT 1 FROM backup.manifest WHERE key = %s", (bytes.fromhex(mail["hash"]),))
    assert stack.value("SELECT count(*) FROM backup.manifest WHERE backup = %s", (listed,)) == 1


def test_an_expiry_asks_nobody(stack):
    dump = register(stack)
    request = destroy(stack, expiry=True, records=[new_id()])
    assert dump not in answers(stack, request)


def test_registration_is_checked(stack):
    register(stack, 422, taken_at=when(days=-2))
    register(stack, 422, expires_at=when(days=3))
    register(stack, 422, contents="system")
    register(stack, 422, kind="outside", keyring=True)
    identity = str(uuid.uuid4())
    assert register(stack, id=identity) == identity
    assert register(stack, 200, id=identity) == identity  # a repeat
    assert stack.internal("PATCH", "backup", f"/internal/v1/backups/{uuid.uuid4()}", {"gone": True}).status_code == 404
    assert stack.http("GET", stack.url("backup", "/internal/v1/backups")).status_code == 401
