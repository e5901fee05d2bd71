"""What a stack has come to, so that two runs of the same input can be compared table by table.

Ids of ours are made anew in every run and times differ; so each uuid is replaced by what it stands for (the keyed hash of
its source id, the records of a person), and columns of times, revisions and sealed bytes are left out. Both runs need
the same index key. Every table is compared unless LEFT_OUT says why not: a table that nobody thought of fails."""
import collections
import datetime
import re
import uuid

# table -> why it says nothing about what was come to
LEFT_OUT = {
    "migration": "which migrations ran, and when",
    "koff": "offsets depend on the barriers; checked against the end of each partition instead",
    "inbox": "which events came twice depends on the faults",
    "outbox": "must be empty; checked by itself",
    "outbox_shard": "epochs of processes",
    "lease": "who does what now",
    "incarnation": "counted up by restores alone",
    "ledger_mark": "how far the ledger was followed, and how often it was looked at",
    "ledger_replay": "what a restore brought back",
    "ledger_out": "must be empty; what is noted is appended at once",
    "ledger_end": "where the ledger's file ends",
    "policy_row": "the policy's text, with times",
    "audit": "who looked; looks are repeated after a crash",
    "barrier_seen": "how many barriers there were",
    "person_heir": "who was a person of their own on the way depends on the batches",
    "resync": "how far an announcement got",
    "log_mark": "where contacts.in begins depends on the barriers, as koff",
    "rolled": "which segments rolled when",
    "attempt": "how often a mail was tried; what it came to is compared as mail_states",
    "ended": "ids that refuse late events: a tombstone may have done so before",
    "ended_record": "the same",
    "weighing": "when all was decided anew, and how many records there were by then",
}
# Which persons there were in between depends on the order in which records came; who there is now doesn't.
WHERE = {"dedupe.person": "into_person IS NULL", "consent.person": "NOT ended", "retention.person": "NOT ended"}
# a < b by ids of ours, which are made anew: the two stand in no order. A question is about two persons; by which of their
# records it names them is the ids' to say, too.
PAIRS = {"dedupe.edge": "record", "dedupe.pair": "record", "dedupe.review": "person"}
# Random in each run, or a fault's to change within what the promises allow.
VOLATILE_IN = {
    ("consent", "confirm_token"): {"hash"},
    ("mailer", "mail"): {"state", "why", "unknowns"},  # a crash may leave "unknown": compared as mail_states
    ("erasure", "source_hour"): {"hour"},
    ("erasure", "certificate_chain"): {"hash"},  # of what holds ids and times
    ("erasure", "signer"): {"key", "first_used", "last_used"},  # each stack has keys of its own
    ("erasure", "request"): {"escalation"},  # how often it was looked at before it ended
    # whom dedupe had named by the moment of the act; seals are salted, chains begin with an id of ours
    ("consent", "ledger"): {"person", "chain", "salt", "seal"},
    ("consent", "ledger_head"): {"chain", "seal"},
    ("consent", "ledger_gap"): {"chain", "digest"},
}

# Volatile whatever the table: times of ours, counters of tries, revisions, sealed bytes, processes, positions.
VOLATILE = re.compile(
    r"^(rev|.*_rev|sealed|wrapped|nonce|epoch|kek|kek_id|position|.*_position|attempts|tries|failures|seq|created_at|updated_at|"
    r"changed_at|recorded_at|seen_at|at|since|until|.*_until|next_at|.*_at|expires|received|token|hash_of_token|barrier|grace|ordered_by|"
    r"policy_version|rows_gone|day|signature|signer|body|offset|partition|part|bucket|number|component|root)$")
# ... but for these, which come from the event or from the policy.
KEPT = {("vault", "record", "captured_at"), ("retention", "record", "captured_at"), ("retention", "record", "due_at"),
        ("retention", "activity", "occurred_at"), ("retention", "activity", "due_at"), ("retention", "part", "due_at")}


def labels(stack):
    """{uuid: what it stands for, the same in each run}"""
    found = {}
    for key, source in stack.rows("SELECT record_id, encode(source_key, 'hex') FROM vault.record"):
        found[key] = f"record {source}"
    for sql in LABELS:
        if all(stack.value("SELECT to_regclass(%s) IS NOT NULL", (table,)) for table in re.findall(r"FROM (\S+)", sql)):
            for key, label in stack.rows(sql):
                found.setdefault(key, label)
    persons = collections.defaultdict(set)
    for record, person in stack.rows("SELECT record, person FROM dedupe.record"):
        persons[person].add(found.get(record, "a record that is gone"))
    for person, records in persons.items():
        found[person] = "person of " + " ".join(sorted(records))
    return found


LABELS = [
    "SELECT id, 'address ' || encode(email_key, 'hex') FROM consent.address",
    "SELECT id, 'holder ' || name FROM erasure.holder",
]


def _plain(value, names):
    if isinstance(value, uuid.UUID):
        return names.get(value, "an id")
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(sorted(_plain(v, names) for v in value)) + "]"
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat()
    return repr(value)


def _pair(row, wanted, names, owners):
    """The row with the two in the order of what they stand for."""
    at = [wanted.index(column) for column in ("a", "b")]
    two = sorted((owners.get(row[i], row[i]) for i in at), key=lambda value: _plain(value, names))
    return tuple(two[at.index(i)] if i in at else value for i, value in enumerate(row))


def columns(stack, schema, table):
    return [name for name, in stack.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s ORDER BY 1",
        (schema, table)) if (not VOLATILE.match(name) and name not in VOLATILE_IN.get((schema, table), ()))
        or (schema, table, name) in KEPT]


def state(stack, *, where=None, also_left_out=()):
    """{"schema.table": Counter of rows}. where: {"schema.table": an SQL condition}."""
    names, found = labels(stack), {}
    for schema, table, column in KEPT:
        assert column in columns(stack, schema, table), f"{schema}.{table} has no column {column}"
    for schema, table in stack.tables():
        full = f"{schema}.{table}"
        if table in LEFT_OUT or full in also_left_out:
            continue
        wanted = columns(stack, schema, table)
        condition = (where or {}).get(full) or WHERE.get(full, "true")
        if not wanted:
            found[full] = collections.Counter({"rows": stack.value(f"SELECT count(*) FROM {full} WHERE {condition}")})
            continue
        rows = stack.rows(f"SELECT {', '.join(chr(34) + c + chr(34) for c in wanted)} FROM {full} WHERE {condition}")
        if full in PAIRS:
            owners = dict(stack.rows("SELECT record, person FROM dedupe.record")) if PAIRS[full] == "person" else {}
            rows = [_pair(row, wanted, names, owners) for row in rows]
        found[full] = collections.Counter(
            ", ".join(f"{column}={_plain(value, names)}" for column, value in zip(wanted, row)) for row in rows)
    keys = stack.value("SELECT count(*) FROM keyring.key", keyring=True)
    found["keyring.key"] = collections.Counter({"rows": keys})
    return found


def contents(stack, page=500):
    """{keyed hash of the source id: the record's fields in clear}, by intake's own road."""
    ids = stack.rows("SELECT record_id::text, encode(source_key, 'hex') FROM vault.record ORDER BY 1")
    found = {}
    for at in range(0, len(ids), page):
        part = dict(ids[at:at + page])
        answer = stack.internal("POST", "intake", "/internal/v1/records",
                                {"records": list(part), "fields": True, "reason": "request",
                                 "actor": "00000000-0000-4000-8000-000000000001"})
        assert answer.status_code == 200, answer.text
        for record in answer.json()["records"]:
            found[part[record["record"]]] = record["fields"]
    return found


def differences(one, other, most=5):
    """In words: what one has and the other lacks."""
    said = []
    for table in sorted(one.keys() | other.keys()):
        a, b = one.get(table, collections.Counter()), other.get(table, collections.Counter())
        if a == b:
            continue
        missing, extra = a - b, b - a
        said.append(f"{table}: {sum(a.values())} rows against {sum(b.values())}; "
                    f"only in the first ({sum(missing.values())}): {list(missing.items())[:most]}; "
                    f"only in the second ({sum(extra.values())}): {list(extra.items())[:most]}")
    return said
