"""The C codec against proto/schemas: every example and every one-field mutation of it gets the same verdict from C and
from an independent validator; what C accepts comes out as it went in; tables and schemas name the same members."""
import copy
import json
import subprocess

import pytest
from event_schemas import ROOT, documents, examples, parse_time, resolve, validator

VERDICT = ROOT / "build" / "release" / "tests" / "tools" / "event_verdict"
EXAMPLES = list(examples())
EVENTS = sorted(set(documents) - {"common", "cloudevent"})
RULES = {"required", "type", "too long", "too short", "range", "format", "enum", "unknown field", "items"}
IDS = [str(path.relative_to(ROOT / "proto" / "examples"))[:-5] for _, path, _ in EXAMPLES]

LENGTHS = (1, 2, 16, 17, 35, 36, 64, 65, 128, 129, 256, 257, 320, 321, 1024, 1025, 16384, 16385, 65536, 65537)
TEXTS = (
    "", " ", "x", "X", "nonesuch", "all", "self", "value\n", "{}", "9223372036854775807", "9223372036854775808", "007",
    "-1", "1.5", "٣",
    "2026-11-20T09:00:00Z", "2026-11-20t09:00:00z", "2026-11-20T09:00:00.1234567+05:30", "2026-11-20", "2026-02-29",
    "2024-02-29", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10", "2026-04-31", "2026-11-20T24:00:00Z",
    "2026-11-20T23:60:00Z", "2026-11-20T23:59:61Z", "2016-12-31T23:59:60Z", "2026-11-20T09:00:00", "2026-11-20T09:00Z",
    "2026-11-20 09:00:00Z", "2026-11-20T09:00:00.Z", "2026-11-20T09:00:00+24:00", "2026-11-20T09:00:00+05:60",
    "2026-11-20T09:00:00-23:59", "1899-12-31T23:59:59Z", "1900-01-01T00:00:00Z", "1900-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59Z", "10000-01-01", " 2026-11-20", "2026-11-20T09:00:00Z\n",
    "00000000-0000-0000-0000-000000000000", "0198F3A0-7C11-7A00-8000-000000000001", "0198f3a07c117a008000000000000001",
    "{0198f3a0-7c11-7a00-8000-000000000001}", "0198f3a0-7c11-7a00-8000-00000000000g",
    "0198f3a0-7c11-7a00-8000-00000000000", "0" * 32, "F" * 32, "f" * 31, "g" * 32, "f" * 33,
)
NUMBERS = (0, 1, -1, 7.0, 1e3, 1.5, -0.5, 255, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 1e19)
OTHERS = (None, True, False, [], {}, [None], [[]], [{}], ["x"], {"x": 1}, {"x": {}}, {"X": 1}, {"a" * 65: 1})
COUNTS = (0, 2, 50, 51, 100, 101, 200, 201, 500, 501, 1000, 1001)


def paths(value, at=()):
    """Every place in a value: members and items, the outermost too."""
    yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*at, index))


def look(value, at):
    for step in at:
        value = value[step]
    return value


def changed(data, at, new):
    if not at:
        return new
    data = copy.deepcopy(data)
    look(data, at[:-1])[at[-1]] = new
    return data


def mutations(data):
    """(what was done, the whole value) for each place and each way to spoil it."""
    for at in paths(data):
        old = look(data, at)
        for new in (*OTHERS, *NUMBERS, *TEXTS):
            yield at, changed(data, at, new)
        if isinstance(old, str):
            for n in LENGTHS:
                yield at, changed(data, at, "x" * n)
                yield at, changed(data, at, "ä" * (n // 2) + "x" * (n % 2))
            yield at, changed(data, at, old.upper())
            yield at, changed(data, at, old + " ")
        elif isinstance(old, list) and old:
            for n in COUNTS:
                yield at, changed(data, at, old[:1] * n)
        elif isinstance(old, dict):
            yield at, changed(data, at, {**old, "surplus": 1})
            yield at, changed(data, at, {**old, "Surplus": {"a": [1, None]}})
            yield at, changed(data, at, {**old, **{f"n{i}": i for i in range(201 - len(old))}})
            for name in old:
                yield (*at, name), changed(data, at, {k: v for k, v in old.items() if k != name})


def ask(pairs):
    """What C says to (name, data) pairs, one (verdict, rest) each."""
    lines = "".join(f"{name} {json.dumps(data, ensure_ascii=False)}\n" for name, data in pairs)
    done = subprocess.run([VERDICT], input=lines.encode(), capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    answers = [line.partition(" ")[::2] for line in done.stdout.decode().splitlines()]
    assert len(answers) == len(pairs)
    return answers


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_an_example_now_and_of_old(name):
    assert any(name == n and path.parent.name == "examples" for n, path, _ in EXAMPLES)
    assert any(name == n and path.parent.name == "old" for n, path, _ in EXAMPLES)


@pytest.mark.parametrize("name,path,event", EXAMPLES, ids=IDS)
def test_an_example_is_accepted_by_both(name, path, event):
    assert not list(validator("cloudevent").iter_errors(event))
    assert not list(validator(name).iter_errors(event["data"])), path
    (verdict, rest), = ask([(name, event["data"])])
    assert verdict == "accepted", rest


def same(given, got, free=False):
    """Is `got` what `given` says? Free: in objects that no table describes, all stays as written."""
    if isinstance(given, dict) and isinstance(got, dict):
        kept = given if free else {k: v for k, v in given.items()
                                   if v is not None and v is not False and k != "from_the_future"}
        return kept.keys() == got.keys() and all(
            same(v, got[k], free or k in ("fields", "evidence") and isinstance(v, dict)) for k, v in kept.items())
    if isinstance(given, list) and isinstance(got, list):
        return len(given) == len(got) and all(same(a, b, free) for a, b in zip(given, got))
    if given == got and isinstance(given, bool) == isinstance(got, bool):
        return True
    if isinstance(given, str) and given.isdigit():
        return int(given) == got
    try:
        return parse_time(given) == parse_time(got)
    except (ValueError, TypeError):
        return False


@pytest.mark.parametrize("name,path,event", EXAMPLES, ids=IDS)
def test_what_is_decoded_encodes_to_what_it_was(name, path, event):
    (_, rest), = ask([(name, event["data"])])
    assert same(event["data"], json.loads(rest)), path
    assert not list(validator(name).iter_errors(json.loads(rest)))


@pytest.mark.parametrize("name,path,event", [e for e in EXAMPLES if e[1].parent.name == "examples"],
                         ids=[i for i in IDS if not i.startswith("old/")])
def test_mutations_get_one_verdict(name, path, event):
    held = validator(name)
    cases = list(mutations(event["data"]))
    differ, refused = [], 0
    for (at, data), (verdict, rest) in zip(cases, ask([(name, data) for _, data in cases])):
        valid = held.is_valid(data)
        if verdict not in ("accepted", "refused") or valid != (verdict == "accepted"):
            differ.append(f"{list(at)}: C says {verdict} {rest[:100]}, the schema {'takes' if valid else 'refuses'} "
                          f"{json.dumps(data)[:300]}")
        elif not valid:
            refused += 1
            pointer, _, rule = rest.partition(" ")
            assert rule in RULES and pointer.startswith("/data"), rest
    assert not differ, f"{path}: {len(differ)} of {len(cases)}:\n" + "\n".join(differ[:20])
    assert refused > 10


def test_mutations_of_the_envelope_get_one_verdict():
    _, _, event = EXAMPLES[IDS.index("lethe.forget.completed")]
    event = {**event, "subject": "s", "controller": "acme", "traceparent": "00-1-2-01", "extension": 7}
    cases = [data for _, data in mutations(event)]
    cases += [{**event, "datacontenttype": kind} for kind in (
        "application/json; charset=utf-8", "TEXT/JSON", "application/x+json", "+json", "x+jsonx", "text/plain", ";")]
    differ = []
    for data, (verdict, rest) in zip(cases, ask([("cloudevent", data) for data in cases])):
        if validator("cloudevent").is_valid(data) != (verdict == "accepted"):
            differ.append(f"C says {verdict} {rest[:100]}: {json.dumps(data)[:400]}")
    assert not differ, f"{len(differ)} of {len(cases)}:\n" + "\n".join(differ[:20])


def test_the_pointer_names_the_spoiled_member():
    name, _, event = EXAMPLES[IDS.index("lethe.contact.recorded")]
    cases = [(("record", "system"), 7), (("provenance", "act"), "nobody"), (("fields", "city"), {}),
             (("consents", 0, "statement"), 0), (("provenance", "notice", "given_at"), "2026-02-30")]
    for (at, _), (_, rest) in zip(cases, ask([(name, changed(event["data"], at, new)) for at, new in cases])):
        assert rest.split(" ")[0] == "/data/" + "/".join(map(str, at))


@pytest.mark.parametrize("json_text,rule", [
    ('{"barrier":', "json"), ('{"a":1,}', "json"), ("'x'", "json"), ('{"a":01}', "json"),
    ('{"partition":1,"partition":1}', "duplicate member"), ('{"x":{"y":1,"y":2}}', "duplicate member"),
    ('{"x":' + "[" * 16 + "]" * 16 + "}", "depth"), ('{"x":"\\u0000"}', "utf-8"), ('{"x":"\\udc00"}', "utf-8"),
    ('{"x":9223372036854775808}', "range"), ('{"x":1e999}', "range"), ('{"x":-1e19}', "range"),
])
def test_what_no_schema_can_say_is_refused_by_name(json_text, rule):
    done = subprocess.run([VERDICT], input=f"lethe.barrier {json_text}\n".encode(), capture_output=True, check=True)
    assert done.stdout.decode().strip().endswith(" " + rule), done.stdout


# ---- tables and schemas ------------------------------------------------------------------------------------------------
def tables():
    done = subprocess.run([VERDICT, "--types"], capture_output=True, check=True, text=True)
    return {entry["name"]: entry for entry in map(json.loads, done.stdout.splitlines())}


TABLES = tables() if VERDICT.exists() else {}


def test_each_type_has_a_schema_and_each_schema_a_type():
    assert sorted(TABLES) == EVENTS


def compare(table, schema, at):
    schema = resolve(schema)
    if "items" in schema:
        schema = resolve(schema["items"])
    assert set(table["fields"]) == set(schema["properties"]), at
    assert {n for n, f in table["fields"].items() if f["required"]} == set(schema.get("required", [])), at
    assert table["open"] == (schema.get("additionalProperties", True) is not False), at
    for name, field in table["fields"].items():
        if "object" in field:
            compare(field["object"], schema["properties"][name], f"{at}/{name}")


@pytest.mark.parametrize("name", EVENTS)
def test_table_and_schema_name_the_same_members(name):
    assert documents[name]["title"] == TABLES[name]["type"]
    compare(TABLES[name]["data"], documents[name], name)
