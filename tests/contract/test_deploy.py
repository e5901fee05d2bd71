"""compose and Kubernetes files give each service the options that the local stack gives it, under the same names."""
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "local"))

from parts.home import SERVICES  # noqa: E402
from parts.services import Service  # noqa: E402

KUBERNETES = ROOT / "deploy" / "k8s" / "base"


class FakeHome:
    """As much of a home as naming the options takes."""

    def __init__(self):
        self.path = self.secret = self.kek = self.ledger = self.escrow = self.bin = self.run = self.log = Path("/nowhere")
        self.policy = Path("/nowhere/policy.yaml")

    def port(self, *_):
        return 1

    def url(self, *_):
        return "http://127.0.0.1:1"


class FakeStack:
    """Likewise."""

    def __init__(self):
        self.home = FakeHome()
        self.postgres = self.keyring = self.kafka = self

    def conninfo(self, _role):
        return ""

    def bootstrap(self):
        return ""


def options_of(service):
    return set(Service(FakeStack(), service).options())


def migrate_options_of(service):
    return set(Service(FakeStack(), service).migrate_options())


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture(scope="module")
def env_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compose")
    subprocess.run([ROOT / "deploy" / "docker" / "secrets.sh", folder], check=True)
    return folder / "env"


def names_in(path):
    return {line.split("=", 1)[0] for line in path.read_text().splitlines() if line and not line.startswith("#")}


@pytest.mark.parametrize("service", SERVICES)
def test_compose_names_the_same_options(compose, env_files, service):
    for name, expected in ((service, options_of(service)), (f"migrate-{service}", migrate_options_of(service))):
        part = compose[name]
        given = set(part["environment"]) | names_in(env_files / Path(part["env_file"]).name)
        assert given == expected


def test_compose_mounts_keks_only_where_there_is_a_keyring_role(compose):
    for service in SERVICES:
        mounts = any("/run/lethe/kek" in volume for volume in compose[service]["volumes"])
        assert mounts == ("LETHE_KEYRING" in options_of(service)), service


def test_compose_volumes_are_well_formed_and_intake_alone_writes_keks(compose):
    for name, part in compose.items():
        for volume in part.get("volumes", []):
            assert re.fullmatch(r"[^\s:]+:/[^\s:]+(:ro)?", volume), f"{name}: {volume!r}"
            if ":/run/lethe/kek" in volume:
                assert volume.endswith(":ro") == (name not in ("intake", "migrate-intake")), f"{name}: {volume}"
            if ":/run/lethe/escrow" in volume:
                assert name in ("intake", "migrate-intake"), f"{name}: {volume}"


def documents(name):
    return [d for d in yaml.safe_load_all((KUBERNETES / name).read_text()) if d]


@pytest.mark.parametrize("service", SERVICES)
def test_kubernetes_names_the_same_options(service):
    shared = names_in(KUBERNETES / "options.env")
    [workload] = [d for d in documents(f"{service}.yaml") if d["kind"] == "StatefulSet"]
    [migrate] = [d for d in documents("migrate.yaml") if d["metadata"]["name"] == f"migrate-{service}"]
    for document, expected in ((workload, options_of(service)), (migrate, migrate_options_of(service))):
        [container] = document["spec"]["template"]["spec"]["containers"]
        assert shared | {e["name"] for e in container["env"]} == expected
        assert container["command"][0] == f"lethe-{service}"
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    [container] = workload["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_kubernetes_intake_alone_writes_keks():
    mounts = {(d["metadata"]["name"], m.get("readOnly", False)) for path in KUBERNETES.glob("*.yaml") for d in documents(path.name)
              if d["kind"] in ("StatefulSet", "Job") for c in d["spec"]["template"]["spec"]["containers"]
              for m in c["volumeMounts"] if m["name"] == "kek"}
    assert {name for name, read_only in mounts if not read_only} == {"intake", "migrate-intake"}
    assert "mailer" in {name for name, _ in mounts}


def test_kustomization_lists_what_is_there():
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    there = {p.name for p in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml", "policy.yaml"}
    assert set(listed) == there


def test_topics_of_contacts_and_records_have_equal_partitions():
    """An event stays in its partition from contacts.in to record."""
    lines = [line.split("#")[0].split() for line in (ROOT / "deploy/kafka/topics.txt").read_text().splitlines()]
    partitions = {words[0]: words[1] for words in lines if words}
    assert partitions["contacts.in"] == partitions["record"]
    assert len(partitions) == len([w for w in lines if w]), "a topic stands there twice"
