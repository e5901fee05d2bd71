"""proto/schemas as an independent validator sees them: jsonschema, with the formats that C knows checked here anew."""
import datetime
import json
import re
from pathlib import Path

import jsonschema
from jsonschema import validators
from referencing import Registry, Resource

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "proto" / "schemas"
EXAMPLES = ROOT / "proto" / "examples"
INT64_MOST = 2**63 - 1

formats = jsonschema.FormatChecker(formats=())

_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_time(text):
    """RFC 3339 as an instant in UTC, or ValueError. Leap seconds (at the end of June and December, UTC) count
    as the second after; years 1900 to 9999."""
    if _DATE.fullmatch(text):
        text += "T00:00:00Z"
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError("not RFC 3339")
    day, hour, minute, second, fraction, offset = found.groups()
    leap = second == "60"
    micros = int(((fraction or ".") + "000000")[1:7])
    at = datetime.datetime.fromisoformat(f"{day}T{hour}:{minute}:{'59' if leap else second}+00:00")
    at += datetime.timedelta(seconds=1 if leap else 0, microseconds=micros)
    if offset not in "Zz":
        hours, minutes = int(offset[1:3]), int(offset[4:6])
        if hours > 23 or minutes > 59:
            raise ValueError("no such offset")
        shift = datetime.timedelta(hours=hours, minutes=minutes)
        at = at - shift if offset[0] == "+" else at + shift
    if int(day[:4]) < 1900 or at.year < 1900:
        raise ValueError("before 1900")
    if leap and ((at.month, at.day) not in ((1, 1), (7, 1)) or (at.hour, at.minute, at.second) != (0, 0, 0)):
        raise ValueError("no leap second then")
    return at


@formats.checks("date-time", raises=(ValueError, OverflowError))
def _is_time(value):
    if isinstance(value, str):
        if _DATE.fullmatch(value):
            raise ValueError("a date alone")
        parse_time(value)
    return True


@formats.checks("date", raises=(ValueError, OverflowError))
def _is_date(value):
    if isinstance(value, str):
        if not _DATE.fullmatch(value):
            raise ValueError("no date")
        parse_time(value)
    return True


@formats.checks("int64")
def _is_int64(value):
    return not (isinstance(value, str) and value.isdecimal()) or int(value) <= INT64_MOST


def _most_bytes(_validator, most, value, _schema):
    if isinstance(value, str) and len(value.encode()) > most:
        yield jsonschema.ValidationError(f"more than {most} bytes")


def _most_json_bytes(_validator, most, value, _schema):
    if len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) > most:
        yield jsonschema.ValidationError(f"more than {most} bytes of JSON")


def _pattern(_validator, pattern, value, _schema):
    """As ECMA-262 reads it: $ is the very end, and digits are ASCII's."""
    if isinstance(value, str) and not re.search(re.sub(r"(?<!\\)\$", r"\\Z", pattern), value, re.ASCII):
        yield jsonschema.ValidationError("no match")


_Validator = validators.extend(jsonschema.Draft202012Validator, {"x-maxBytes": _most_bytes, "pattern": _pattern,
                                                               "x-maxJsonBytes": _most_json_bytes})
documents = {path.stem: json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))}
registry = Registry().with_resources((doc["$id"], Resource.from_contents(doc)) for doc in documents.values())


def validator(name):
    """The validator of proto/schemas/NAME.json."""
    return _Validator(documents[name], registry=registry, format_checker=formats)


def resolve(schema, base=None):
    """A schema with its $ref followed; anyOf with null is its other half."""
    base = base or documents["common"]["$id"]
    if "$ref" in schema:
        found = registry.resolver(base).lookup(schema["$ref"])
        return resolve(found.contents, found.resolver._base_uri)  # pylint: disable=protected-access
    others = [part for part in schema.get("anyOf", []) if part != {"type": "null"}]
    if len(others) == 1 and len(schema["anyOf"]) == 2:
        return resolve(others[0], base)
    return schema


def examples():
    """(name of the schema, path, CloudEvent) of every example, the old ones too."""
    for path in sorted(EXAMPLES.rglob("*.json")):
        name = path.stem
        if name not in documents:
            name = name.rpartition(".")[0]
        yield name, path, json.loads(path.read_text())
