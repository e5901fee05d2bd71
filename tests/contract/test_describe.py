"""Each binary's --describe agrees with AsyncAPI, OpenAPI, the topics' file and what the READMEs say of the service."""
import json
import re

import pytest
import yaml
from described import ROOT, SERVICES, describe
from event_schemas import documents

ASYNC = yaml.safe_load((ROOT / "proto" / "asyncapi.yaml").read_text())
PAGES = [ROOT / "proto" / "openapi.yaml", *sorted((ROOT / "proto" / "openapi").glob("*.yaml"))]
OPEN = {page.relative_to(ROOT / "proto").as_posix(): yaml.safe_load(page.read_text()) for page in PAGES if page.exists()}
METHODS = ("get", "post", "patch", "delete", "put", "head")
EVERYWHERE = "every service"


def follow(document, reference):
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


# ---- AsyncAPI ----------------------------------------------------------------------------------------------------------
def operations(service, action):
    """{(topic, type)} that AsyncAPI lets a service send or receive."""
    found = set()
    for operation in ASYNC["operations"].values():
        if operation["action"] != action or service not in [tag["name"] for tag in operation["tags"]]:
            continue
        channel = follow(ASYNC, operation["channel"]["$ref"])
        for message in operation["messages"]:
            inner = follow(ASYNC, message["$ref"])
            found.add((channel["address"], follow(ASYNC, inner["$ref"])["name"]))
    return found


def said(entries):
    return {(entry["topic"], entry["type"]) for entry in entries}


def match(described, page):
    """What one has and the other lacks. A type without a topic of its own (barriers, holders' topics) fits any."""
    anywhere = {kind for topic, kind in described if topic is None}
    named = {entry for entry in described if entry[0] is not None}
    missing = {entry for entry in named if entry not in page}
    missing |= {(None, kind) for kind in anywhere if kind not in {k for _, k in page}}
    surplus = {entry for entry in page if entry not in named and entry[1] not in anywhere}
    return missing, surplus


@pytest.mark.parametrize("service", SERVICES)
def test_asyncapi_lists_what_a_service_reads(service):
    missing, surplus = match(said(describe(service)["consumes"]), operations(service, "receive"))
    assert not missing and not surplus, f"AsyncAPI lacks {missing}, and has too much: {surplus}"


@pytest.mark.parametrize("service", SERVICES)
def test_asyncapi_lists_what_a_service_writes(service):
    missing, surplus = match(said(describe(service)["publishes"]), operations(service, "send"))
    assert not missing and not surplus, f"AsyncAPI lacks {missing}, and has too much: {surplus}"


def test_asyncapi_s_channels_are_the_topics_that_are_made():
    made = {line.split()[0] for line in (ROOT / "deploy" / "kafka" / "topics.txt").read_text().splitlines()
            if line.strip() and not line.startswith("#")}
    addresses = {channel["address"] for channel in ASYNC["channels"].values()}
    assert addresses - {"holder.{name}"} == made


def test_asyncapi_knows_every_schema_and_refers_to_what_there_is():
    messages = ASYNC["components"]["messages"]
    assert set(messages) == set(documents) - {"common", "cloudevent"}
    for name, message in messages.items():
        assert message["payload"]["$ref"] == f"schemas/{name}.json"
        assert documents[name]["title"] == message["name"]
    used = {reference["$ref"].rpartition("/")[2] for channel in ASYNC["channels"].values()
            for reference in channel["messages"].values()}
    assert used <= set(messages)
    assert set(messages) - used <= {"lethe.holder.instruction", "lethe.holder.result"}, "in no channel"


def test_whatever_is_written_is_read_or_said_to_be_for_outside():
    sent = set().union(*(operations(s, "send") for s in SERVICES)) if SERVICES else set()
    read = set().union(*(operations(s, "receive") for s in SERVICES)) if SERVICES else set()
    if len(SERVICES) < 8:
        pytest.skip("not all services are there")
    outside = {"dead", "holder.{name}", "forgets.ledger"}
    assert {entry for entry in sent - read if entry[0] not in outside} == set()
    upstream = {"contacts.in", "holder.result"}
    campaigns = {("mail.in", "lethe.campaign.requested")}  # an outside campaign tool's, too
    assert {entry for entry in read - sent - campaigns if entry[0] not in upstream} == set()


# ---- OpenAPI -----------------------------------------------------------------------------------------------------------
def routes_of(service):
    """{(method, path)} of OpenAPI whose operation carries the service's tag."""
    found = set()
    for page in OPEN.values():
        for path, item in page["paths"].items():
            for method in METHODS:
                tags = item.get(method, {}).get("tags", [])
                if service in tags or EVERYWHERE in tags:
                    found.add((method.upper(), path))
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_openapi_lists_the_public_routes(service):
    public = {(r["method"], r["path"]) for r in describe(service)["routes"] if r["auth"] != "internal"}
    page = routes_of(service)
    assert public - page == set(), "not in proto/openapi*.yaml"
    assert page - public == set(), "in proto/openapi*.yaml, but the binary doesn't serve it"


@pytest.mark.parametrize("name", OPEN)
def test_openapi_is_whole(name):
    page = OPEN[name]
    assert page["openapi"].startswith("3.1")
    ids = [item[m]["operationId"] for item in page["paths"].values() for m in METHODS if m in item]
    assert len(ids) == len(set(ids))
    for path, item in page["paths"].items():
        named = set(re.findall(r"{(\w+)}", path))
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            assert operation["responses"] and operation["summary"] and operation["tags"], (method, path)
            given = item.get("parameters", []) + operation.get("parameters", [])
            given = [follow(page, p["$ref"]) if "$ref" in p else p for p in given]
            assert {p["name"] for p in given if p["in"] == "path"} == named, path
    for reference in re.findall(r'"\$ref": "(#[^"]+)"', json.dumps(page)):
        follow(page, reference)


# ---- pages -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("service", SERVICES)
def test_the_service_s_readme_names_what_it_does(service):
    page = (ROOT / "services" / service / "README.md").read_text()
    told = describe(service)
    runtime = {"/health/live", "/health/ready", "/metrics", "/internal/v1/resync"}
    wanted = {r["path"] for r in told["routes"]} - runtime
    wanted |= {job["name"] for job in told["jobs"]}
    wanted |= {entry["topic"] for entry in told["consumes"] + told["publishes"] if entry["topic"]} - {"dead", "forget",
                                                                                                     "forget.result"}
    lacking = sorted(name for name in wanted if name not in page)
    assert not lacking, f"services/{service}/README.md doesn't name {lacking}"


def rows(page):
    """The cells of the table of services: {service: [cells]}."""
    found = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        name = cells[0].strip("*`[ ").split("]")[0].strip("*`")
        if line.lstrip().startswith("|") and name in SERVICES and len(cells) >= 4:
            found.setdefault(name, cells[1:])
    return found


def test_the_readme_s_table_agrees_with_the_binaries():
    table = rows((ROOT / "README.md").read_text())
    assert set(table) == set(SERVICES)
    wrong = []
    for service, cells in table.items():
        told = describe(service)
        for cell, entries in ((cells[-2], told["consumes"]), (cells[-1], told["publishes"])):
            named = {name.strip(" `").replace("holder.*", "holder.{name}") for name in cell.split(",")}
            real = {entry["topic"] for entry in entries} - {"dead"}
            if None in real:  # barriers and instructions to holders go where the publisher names
                real = real - {None} | named & {"contacts.in", "holder.{name}"}
            # every service answers on forget.result: the page says it once
            for name in sorted(named ^ (real if "forget.result" in named else real - {"forget.result"})):
                wrong.append(f"{service}: {name} is {'not in the binary' if name in named else 'not in README.md'}")
    assert not wrong, "\n".join(wrong)


def test_architecture_s_table_names_each_topic():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    for channel in ASYNC["channels"].values():
        assert f"| {channel['address'].replace('{name}', 'NAME')} |" in page, channel["address"]
