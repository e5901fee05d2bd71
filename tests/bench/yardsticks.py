"""What an ingest is held against, in the same run: COPY of the rows that it left, and COPY of plain rows."""
import struct
import time
import uuid

import psycopg

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
TRAILER = struct.pack("!h", -1)
BATCH = 1000


def _rows(link, query):
    """The rows of a query, each as COPY writes it in binary."""
    found = []
    with link.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy:
        for block in copy:
            row = bytes(block)
            if row.startswith(HEADER[:11]):
                row = row[len(HEADER):]
            if row and row != TRAILER:
                found.append(row)
    return found


def _batches(rows):
    return [HEADER + b"".join(rows[at:at + BATCH]) + TRAILER for at in range(0, len(rows), BATCH)]


def _copy(link, table, block):
    with link.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(block)


def finished_rows_per_s(stack, rows, outbox_bytes):
    """The sealed records with all their indexes and one outbox row a batch, and before them their wrapped keys in the
    keyring's cluster: COPY, 1,000 a transaction, one connection a cluster."""
    with psycopg.connect(stack.env["LETHE_PG"]) as main, psycopg.connect(stack.env["LETHE_KEYRING_PG"]) as ring:
        picked = f"SELECT * FROM vault.record ORDER BY record_id LIMIT {rows}"
        records = _batches(_rows(main, picked))
        last = main.execute(f"SELECT max(record_id::text) FROM ({picked}) AS p").fetchone()[0]
        keys = _batches(_rows(ring, f"SELECT k.* FROM keyring.{key_table(ring)} AS k WHERE k.{key_column(ring)} <= '{last}' "
                                    f"ORDER BY k.{key_column(ring)} LIMIT {rows}"))
        main.execute("CREATE SCHEMA bench")
        main.execute("CREATE TABLE bench.record (LIKE vault.record INCLUDING ALL)")
        main.execute("CREATE TABLE bench.outbox (LIKE intake.outbox INCLUDING ALL)")
        ring.execute("CREATE SCHEMA bench")
        ring.execute(f"CREATE TABLE bench.key (LIKE keyring.{key_table(ring)} INCLUDING ALL)")
        main.commit()
        ring.commit()
        messages = bytes(outbox_bytes * BATCH)
        began = time.monotonic()
        for key_block, record_block in zip(keys, records):
            _copy(ring, "bench.key", key_block)
            ring.commit()
            _copy(main, "bench.record", record_block)
            main.execute("INSERT INTO bench.outbox (id, shard, epoch, messages) VALUES (%b, 'bench', 1, %b)",
                         (uuid.uuid4(), messages))
            main.commit()
        seconds = time.monotonic() - began
        copied = main.execute("SELECT count(*) FROM bench.record").fetchone()[0]
        for link in (main, ring):
            link.execute("DROP SCHEMA bench CASCADE")
            link.commit()
    return copied / seconds


def key_table(ring):
    return ring.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'keyring' AND tablename ~ 'key$' "
                        "ORDER BY tablename = 'key' DESC LIMIT 1").fetchone()[0]


def key_column(ring):
    return ring.execute("SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND "
                        "a.attnum = i.indkey[0] WHERE i.indisprimary AND i.indrelid = %s::regclass",
                        (f"keyring.{key_table(ring)}",)).fetchone()[0]


def plain_rows_per_s(stack, rows, size=300):
    """A uuid and the event's text as it came, nothing else: COPY, 1,000 a transaction."""
    body = b"x" * size
    moment = time.time_ns() // 1_000_000

    def row(number):
        key = uuid.UUID(int=(moment << 80) | (7 << 76) | (2 << 62) | number)
        return struct.pack("!h", 2) + struct.pack("!i", 16) + key.bytes + struct.pack("!i", size) + body

    batches = _batches([row(n) for n in range(rows)])
    with psycopg.connect(stack.env["LETHE_PG"]) as link:
        link.execute("CREATE SCHEMA bench")
        link.execute("CREATE TABLE bench.plain (id uuid PRIMARY KEY, body text NOT NULL)")
        link.commit()
        began = time.monotonic()
        for block in batches:
            _copy(link, "bench.plain", block)
            link.commit()
        seconds = time.monotonic() - began
        link.execute("DROP SCHEMA bench CASCADE")
    return rows / seconds


def plain_updates_per_s(stack, rows):
    """Wrapped keys overwritten with as many bytes, 2,000 a transaction: what a rewrap without ciphers or copying would do."""
    with psycopg.connect(stack.env["LETHE_KEYRING_PG"], autocommit=True) as ring:
        ring.execute("CREATE SCHEMA IF NOT EXISTS bench")
        ring.execute("DROP TABLE IF EXISTS bench.key")
        ring.execute("CREATE TABLE bench.key (LIKE keyring.key INCLUDING ALL)")
        ring.execute(f"INSERT INTO bench.key SELECT * FROM keyring.key ORDER BY key_id LIMIT {rows}")
        ends = [row[0] for row in ring.execute("SELECT max(key_id::text)::uuid FROM (SELECT key_id, (row_number() OVER (ORDER BY "
                                               "key_id) - 1) / 2000 AS page FROM bench.key) AS k GROUP BY page ORDER BY page")]
        ring.execute("CHECKPOINT")
        after = uuid.UUID(int=0)
        began = time.monotonic()
        for end in ends:
            ring.execute("UPDATE bench.key SET wrapped = set_byte(wrapped, 0, 1), kek_epoch = kek_epoch + 1 "
                         "WHERE key_id > %s AND key_id <= %s", (after, end))
            after = end
        seconds = time.monotonic() - began
        ring.execute("DROP SCHEMA bench CASCADE")
    return rows / seconds
