"""lethe-verify on a real certificate: it holds, says what it states, and no byte of it can be another."""
import json
import os
import re
import subprocess
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from forgetting import ask, wait_completed
from lethe_stack import SERVICES, contact, wait_until

ROOT = Path(__file__).resolve().parents[2]
VERIFY = Path(os.environ.get("LETHE_BIN") or ROOT / "build" / "release" / "bin") / "lethe-verify"


def verify(*words, given=None):
    return subprocess.run([VERIFY, *map(str, words)], input=given, capture_output=True, check=False)


@pytest.fixture(scope="module")
def certificate(stack):
    """As it is served, of a forget with an archive that is gone one day."""
    answer = stack.admin("POST", "/backups", {"name": "tape 7", "holder": "archive", "kind": "outside", "system": "shop",
                                              "contents": "system", "taken_at": "2026-11-01T00:00:00Z",
                                              "expires_at": "2027-05-05T00:00:00Z"})
    assert answer.status_code == 201, answer.text
    email = f"{uuid.uuid4().hex[:12]}@canary.example"
    stack.send(contact(f"V-{uuid.uuid4().hex[:8]}", email=email))
    wait_until(lambda: stack.admin("POST", "/subjects/search", {"email": email}).json()["counts"]["persons"] == 1, 60,
               "the person")
    request = ask(stack, {"email": email})
    wait_completed(stack, [request])
    served = stack.admin("GET", f"/requests/{request}/certificate")
    assert served.status_code == 200 and email.encode() not in served.content
    return served.content


def test_it_links_libsodium_and_jansson_alone():
    needed = set(re.findall(r"NEEDED.*\[(\w+)", subprocess.run(["readelf", "-d", VERIFY], capture_output=True, text=True,
                                                               check=True).stdout))
    assert needed <= {"libsodium", "libjansson", "libc", "libasan", "libubsan"}, needed


def test_it_holds_and_says_what_it_states(certificate, tmp_path):
    path, key = tmp_path / "certificate.json", tmp_path / "key"
    path.write_bytes(certificate)
    done = verify(path)
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    for service in SERVICES:
        assert f"- {service} (service) has erased what it held" in said
    assert "is gone, or will be, on 2027-05-05" in said and "compare it with" in said
    key.write_text(json.loads(certificate)["signature"]["key"] + "\n")
    assert verify(path, "--key", key).returncode == 0
    assert verify("-", f"--key={key}", given=certificate).returncode == 0
    key.write_bytes(bytes(32))
    assert verify(path, "--key", key).returncode == 1
    assert verify("-", given=json.dumps(json.loads(certificate), indent=2).encode()).returncode == 0, "in another layout"
    assert verify(path, "--secret", "s").returncode == 1, "there is no commitment that it could open"


def test_what_can_t_be_read(tmp_path, certificate):
    (tmp_path / "empty").write_bytes(b"")
    for words in ((), (tmp_path / "absent",), (tmp_path / "empty",), ("--frob", "x"), (ROOT / "README.md",),
                  (tmp_path / "empty", "--key", tmp_path / "empty")):
        assert verify(*words).returncode == 2, words
    twice = certificate.replace(b'"version":1', b'"version":1,"version":1')
    real = certificate.replace(b'"version":1', b'"version":1.0')
    for broken in (twice, real, certificate + b"{}"):
        assert verify("-", given=broken).returncode == 2
    assert verify("-", given=certificate.replace(b'"version":1', b'"version":1,"z":1')).returncode == 1


def test_no_byte_can_be_another(certificate):
    """Each byte in turn, its lowest bit or its case turned over; the unit test has all their other values."""
    changed = [certificate[:at] + bytes([certificate[at] ^ (0x01, 0x20)[at % 2]]) + certificate[at + 1:]
               for at in range(len(certificate))]
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda one: verify("-", given=one).returncode, changed))
    passed = [at for at, code in enumerate(codes) if code not in (1, 2)]
    assert not passed, f"{len(passed)} of {len(changed)} changes pass, at {passed[:5]}"
