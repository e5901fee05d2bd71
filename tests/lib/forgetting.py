"""Forgets as tests ask for them and look behind them: the request, whose ids and hashes stood where, and what is left."""
import re
import subprocess
import uuid

from lethe_stack import SERVICES, wait_until

# What may still name a forgotten person, and why. Everything else may not.
ALLOWED = {
    "tombstone_key": "keyed hashes that refuse late copies",
    "tombstone_id": "ids that refuse late events",
    "ended_record": "ids that refuse late events",
    "ended": "ids that refuse late events",
    "forget_gone": "ids of what was destroyed, whose keys the second look asks for",
    "shared_text": "ids of contents that stay for others, counted on the certificate",
    "audit": "who looked, and which ids were looked at",
    "certificate": "ids of the keys that were destroyed, signed",
}

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
BYTEA = re.compile(r"\\\\?x([0-9a-f]{2,})")


def ask(stack, subject, **more):
    """The id of a forget that the operators' API took."""
    body = {"kind": "forget", "subject": subject, "requester": {"relation": "self", **more.pop("requester", {})}, **more}
    answer = stack.admin("POST", "/requests", body)
    assert answer.status_code == 202, f"{answer.status_code} {answer.text}"
    return answer.json()["id"]


def request(stack, request_id):
    answer = stack.admin("GET", f"/requests/{request_id}")
    assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
    return answer.json()


def tasks(stack, request_id):
    """{holder's name: (kind, outcome)} as erasure holds it."""
    return {name: (kind, outcome) for name, kind, outcome in stack.rows(
        "SELECT name, kind, outcome FROM erasure.task WHERE request = %s::uuid", (request_id,))}


def open_requests(stack, ids):
    return [(str(number), status) for number, status in stack.rows(
        "SELECT id, status FROM erasure.request WHERE id = ANY(%s::uuid[]) AND status <> 'completed'", (list(ids),))]


def wait_completed(stack, ids, timeout=60):
    def said():
        left = open_requests(stack, ids)
        held_up = stack.rows("SELECT name, status, outcome, count(*) FROM erasure.task WHERE request = ANY(%s::uuid[]) AND "
                             "(outcome IS NULL OR status <> 'closed') GROUP BY 1, 2, 3", ([number for number, _ in left],))
        return f"{len(left)} of {len(ids)} forgets to be completed; they are {left[:3]}; unanswered: {held_up[:10]}"

    wait_until(lambda: not open_requests(stack, ids), timeout, said)


def all_services_done(stack, request_id):
    found = tasks(stack, request_id)
    return all(found.get(name, (None, None))[1] == "done" for name in SERVICES)


def identity_of(stack, source_keys):
    """Ids and keyed hashes that stand for these records now: {hex without dashes}."""
    found = set()
    for row in stack.rows("SELECT record_id, source_key, email_key, email_wide_key, phone_surname_key FROM vault.record "
                          "WHERE source_key = ANY(%s)", (list(source_keys),)):
        found |= {value.hex if isinstance(value, uuid.UUID) else bytes(value).hex() for value in row if value is not None}
    return found


def names_in(text):
    """Every id and hash that a row's text holds: in clear, in bytea, packed or as text inside bytea."""
    found = {m.replace("-", "") for m in UUID.findall(text)} | set(HASH.findall(text))
    for blob in BYTEA.findall(text):
        found.update(blob[at:at + 32] for at in range(0, len(blob) - 31, 2))
        inside = bytes.fromhex(blob[:len(blob) // 2 * 2]).decode("latin-1")
        found |= {m.replace("-", "") for m in UUID.findall(inside)} | set(HASH.findall(inside))
    return found


def tables_naming(stack, names, *, allowed=ALLOWED):
    """{table: how many rows name one of the ids or hashes}, in both clusters; sealed columns hold noise and are skipped."""
    found = {}
    for keyring in (False, True):
        for schema, table in stack.tables(keyring=keyring):
            if table in allowed:
                continue
            columns = [column for column, in stack.rows(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s AND "
                "column_name NOT IN ('sealed', 'wrapped')", (schema, table), keyring=keyring)]
            if not columns:
                continue
            rows = stack.rows(f"SELECT ROW({', '.join(chr(34) + c + chr(34) for c in columns)})::text FROM {schema}.{table}",
                              keyring=keyring)
            n = sum(1 for text, in rows if names & names_in(text))
            if n:
                found[f"{schema}.{table}" + (" (keyring)" if keyring else "")] = n
    return found


def keys_without_rows(stack):
    """How many wrapped keys belong to nothing that is stored."""
    stored = {row for row, in stack.rows("SELECT record_id FROM vault.record UNION ALL SELECT item_id FROM vault.item")}
    column = stack.value("SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND "
                         "a.attnum = i.indkey[0] WHERE i.indisprimary AND i.indrelid = 'keyring.key'::regclass", keyring=True)
    keys = {row for row, in stack.rows(f"SELECT {column} FROM keyring.key", keyring=True)}
    return len(keys - stored)


# ---- traces in clear -----------------------------------------------------------------------------------------------------
def in_redis(stack, needles):
    """Those that stand in Redis, in keys or values as it would hand them out."""
    if stack.pid("redis") is None:
        return []
    host, port = stack.env["LETHE_REDIS"].split(":")

    def redis(*words):
        return subprocess.run(["redis-cli", "-h", host, "-p", port, *words], capture_output=True, check=True).stdout

    keys = redis("--scan").decode("utf-8", "replace").splitlines()
    dump = b"".join(key.encode() + redis("DUMP", key) for key in keys).lower()
    return [needle for needle in needles if needle.encode().lower() in dump]


def in_topics(stack, needles, *, without=("contacts.in",)):
    """{(topic, needle)} that stand in key, headers or value of a message, as a consumer reads it (segments are
    compressed)."""
    topics = {name for name, _ in stack.high_watermarks()} - set(without)
    found = set()
    for topic, headers, key, value in stack.all_messages(topics):
        whole = b"\0".join([key or b"", value or b"", *[f"{n}={v}".encode() for n, v in headers.items()]]).lower()
        found |= {(topic, needle) for needle in needles if needle.encode().lower() in whole}
    return found


def of_contacts_in(path):
    return any(re.match(r"contacts\.in-\d+", part) for part in path.parts)


def uncompressed_wal(stack):
    """From now on a byte that stands in a page stands as it is in the WAL's image of the page, too."""
    for keyring in (False, True):
        stack.rows("ALTER SYSTEM SET wal_compression = off", keyring=keyring)
        stack.rows("SELECT pg_reload_conf()", keyring=keyring)
