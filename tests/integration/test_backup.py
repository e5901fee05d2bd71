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


def results(stack, request, phase="destroy"):
    return [d["remaining"] for d in data_of(stack, "forget.result", "lethe.forget.result",
                                            lambda d: d["request"] == request and d["service"] == "backup"
                                            and d["phase"] == phase)]


def destroy(stack, **data):
    """The first answer: how many copies wait for a human."""
    request = new_id()
    stack.send(forget("destroy", request, **data), topic="forget")
    remaining = wait_until(lambda: results(stack, request), what="the answer")[0]
    return request, remaining


def say(stack, backup, request, operator, status, **answer):
    told = stack.internal("POST", "backup", f"/internal/v1/backups/{backup}/answers",
                          {"request": request, "operator": operator, **answer})
    assert told.status_code == status, told.text
    return told.json()


def asked(stack, request):
    return stack.internal("GET", "backup", f"/internal/v1/backups/answers?request={request}").json()["answers"]


def change(stack, backup, **change):
    assert stack.internal("PATCH", "backup", f"/internal/v1/backups/{backup}", change).status_code == 200


def manifest(stack, backup, status=202, **page):
    answer = stack.internal("POST", "backup", f"/internal/v1/backups/{backup}/manifest", page)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_each_copy_is_answered_for(stack):
    mail = key("email", uuid.uuid4().hex)
    dump = register(stack)
    with_keys = register(stack, keyring=True, expires_at=when(days=-30))
    outside = register(stack, kind="outside", contents="system", system="dynamics", expires_at=when(days=-90))
    endless = register(stack, kind="outside", contents="system", system="old-crm")
    listed = register(stack, kind="outside", contents="manifest", expires_at=when(days=-10))
    others = register(stack, kind="outside", contents="manifest", expires_at=when(days=-10))
    gone = register(stack, keyring=True, expires_at=when(days=-5))
    change(stack, gone, gone=True)
    for identity, keys in ((listed, [mail, key("email", "a")]), (others, [key("email", "b")])):
        manifest(stack, identity, keys=keys)
        manifest(stack, identity, complete=True)
    manifest(stack, dump, 409, keys=[mail])

    request, remaining = destroy(stack, keys=[mail], persons=[new_id()], records=[new_id()])
    assert remaining == 1, "the endless copy waits for a human"
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
    change(stack, endless, gone=True)


def test_a_copy_without_an_end_keeps_the_request_open_until_two_persons_answer(stack):
    endless, other = (register(stack, kind="outside", contents="system", system="old-crm") for _ in range(2))
    first, second = new_id(), new_id()
    request, remaining = destroy(stack, keys=[key("email", uuid.uuid4().hex)], records=[new_id()])
    assert remaining == 2 and {a["backup"] for a in asked(stack, request)} == {endless, other}
    soon = (datetime.now(timezone.utc) + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    later = register(stack, kind="outside", contents="system", system="old-crm", taken_at=soon)
    for copy in (endless, other):
        answer = {"outcome": "gone", "at": when(days=-60), "evidence": "protocol-7/2026"}
        say(stack, copy, request, first, 422, outcome="gone", evidence="p-1")
        say(stack, copy, request, first, 422, outcome="gone", at=when(days=-60))
        say(stack, copy, request, first, 422, **{**answer, "evidence": "Ann told me"})
        assert not say(stack, copy, request, first, 202, **answer)["confirmed"]
        say(stack, copy, request, first, 409, **answer)
        [row] = [a for a in asked(stack, request) if a["backup"] == copy]
        assert (row["recorded"], row["recorded_by"], row["evidence"]) == ("gone", first, "protocol-7/2026")
        assert results(stack, request)[-1] > 0, "one person is not enough"
        assert say(stack, copy, request, second, 200, **answer)["confirmed"]
        say(stack, copy, request, second, 409, **answer)
    wait_until(lambda: results(stack, request)[-1] == 0, what="the request to go on")
    told = answers(stack, request)
    for copy in (endless, other):
        assert told[copy]["outcome"] == "gone" and told[copy]["at"] == when(days=-60)
        assert (told[copy]["recorded_by"], told[copy]["confirmed_by"]) == (first, second)
        assert told[copy]["evidence"] == "protocol-7/2026"
    assert later not in told, "what was taken after the keys were destroyed can't hold the person"
    assert not asked(stack, request)
    stack.send(forget("verify", request), topic="forget")
    wait_until(lambda: results(stack, request, "verify") == [0], what="the second look")
    say(stack, endless, new_id(), first, 404, outcome="dark", evidence="p-1")
    for copy in (endless, other, later):
        change(stack, copy, gone=True)


def test_a_manifest_counts_as_everything_until_it_is_whole(stack):
    mine, phone = key("email", uuid.uuid4().hex), key("phone", uuid.uuid4().hex)
    growing, whole, phones = (register(stack, kind="outside", contents="manifest", expires_at=when(days=-10))
                              for _ in range(3))
    manifest(stack, growing, keys=[key("email", "somebody")])
    manifest(stack, whole, keys=[key("email", "somebody")], complete=True)
    manifest(stack, phones, keys=[phone], complete=True)
    request, _ = destroy(stack, keys=[mine])
    wait_until(lambda: {growing, phones} <= set(answers(stack, request)), what="the answers")
    assert whole not in answers(stack, request)
    # a page that comes late doesn't bring the forgotten one's hash back; of a copy taken later it is somebody's own
    assert manifest(stack, growing, keys=[mine, key("email", "another")], complete=True)["forgotten"] == 1
    assert not stack.rows("SELECT 1 FROM backup.manifest WHERE key = %s", (bytes.fromhex(mine["hash"]),))
    assert manifest(stack, growing, keys=[key("email", "another")])["forgotten"] == 0  # a repeat changes nothing
    assert stack.value("SELECT count(*) FROM backup.manifest WHERE backup = %s", (growing,)) == 2


def test_an_expiry_asks_nobody(stack):
    dump = register(stack)
    request, remaining = destroy(stack, expiry=True, records=[new_id()])
    assert remaining == 0
    assert dump not in answers(stack, request)


def test_registration_is_checked(stack):
    register(stack, 422, taken_at=when(days=-2))
    register(stack, 422, expires_at=when(days=3))
    register(stack, 422, contents="system")
    register(stack, 422, kind="outside", keyring=True)
    register(stack, 422, expire_at=when(days=-3))  # a slip of the pen must not make it endless
    identity = str(uuid.uuid4())
    assert register(stack, id=identity) == identity
    assert register(stack, 200, id=identity) == identity  # a repeat
    assert stack.internal("PATCH", "backup", f"/internal/v1/backups/{uuid.uuid4()}", {"gone": True}).status_code == 404
    assert stack.http("GET", stack.url("backup", "/internal/v1/backups")).status_code == 401
