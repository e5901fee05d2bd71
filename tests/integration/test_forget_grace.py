"""The grace wait within one service, statement by statement: a forget's deletes wait for every writer that may not have seen
its tombstones, and for nobody else; tombstones end in every service on the day that the policy names."""
import re
import uuid

import psycopg
import pytest
from forgetting import ask, wait_completed
from lethe_stack import ROOT, SERVICES, contact, wait_until

DESTROYING = 2  # enum task_state of common/forget/task.h


def statement(name):
    """A statement of common/forget for psycopg: $1 -> %(p1)s."""
    text = (ROOT / "common" / "forget" / "sql" / f"{name}.sql").read_text()
    return re.sub(r"\$(\d+)", r"%(p\1)s", re.sub(r"--.*", "", text))


@pytest.fixture
def quiet(stack):
    """A schema whose service doesn't run, and connections to it."""
    stack.kill("backup")
    opened = []

    def connect():
        pg = psycopg.connect(stack.env["LETHE_PG"], options="-c search_path=backup")
        opened.append(pg)
        return pg

    yield connect
    for pg in opened:
        pg.close()
    with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as pg:
        pg.execute("DELETE FROM backup.forget_task")
    stack.start("backup")


def order(pg):
    request = uuid.uuid4()
    pg.execute("INSERT INTO forget_task (request, state, next_at) VALUES (%s, %s, clock_timestamp())", (request, DESTROYING))
    pg.commit()
    return request


def writer(pg):
    pg.execute("SELECT pg_current_xact_id()")
    return pg


def due(pg):
    found = [row[0] for row in pg.execute(statement("tasks_due"), {"p1": DESTROYING, "p2": 64}).fetchall()]
    pg.rollback()
    return found


def mark(pg):
    pg.execute(statement("tasks_wait"), {"p1": DESTROYING})
    pg.commit()


def test_who_began_before_the_tombstones_is_waited_for_and_nobody_else(quiet):
    job, before, after = quiet(), writer(quiet()), quiet()
    request = order(quiet())
    assert due(job) == [], "a writer that can't have seen the tombstones still runs"
    mark(job)
    writer(after)  # sees the tombstones, since they were committed before it asked for its number
    assert due(job) == []
    before.commit()
    assert due(job) == [request], "later writers hold nothing up"
    after.commit()


def test_a_task_that_is_ordered_anew_waits_anew(quiet):
    job, pg = quiet(), quiet()
    request = order(pg)
    assert due(job) == [request]
    # what the job's statement finds when the order's transaction began and ended after its snapshot
    pg.execute("UPDATE forget_task SET ordered_by = (pg_snapshot_xmax(pg_current_snapshot())::text::int8 + 1000)::text::xid8")
    pg.commit()
    assert due(job) == []
    mark(job)
    assert pg.execute("SELECT grace FROM forget_task").fetchone() == (None,), "marked by a snapshot that doesn't see the order"
    pg.commit()
    pg.execute("UPDATE forget_task SET ordered_by = pg_current_xact_id()")
    pg.commit()
    assert due(job) == [request]


def test_a_mark_of_another_cluster_is_made_anew(quiet):
    job, pg = quiet(), quiet()
    request = order(pg)
    pg.execute("UPDATE forget_task SET grace = '9000000000000', ordered_by = '9000000000000', "
               "ordered_at = clock_timestamp() - interval '2 minutes'")  # a dump, restored into a young cluster
    pg.commit()
    late = writer(quiet())
    mark(job)
    later = writer(quiet())
    late.commit()
    claimed = job.execute(statement("task_claim"), {"p1": DESTROYING}).fetchall()
    assert claimed == [(request,)], "it waits for ever"
    job.rollback()
    later.commit()


def test_tombstones_end_everywhere_on_the_day_that_the_policy_names(stack):
    address = "until@grace.example"
    stack.send(contact("GR-1", email=address, family_name="Until"))
    stack.wait_drained(60)
    request = ask(stack, {"email": address})
    wait_completed(stack, [request], 60)
    received, = stack.rows("SELECT received_at FROM erasure.request WHERE id = %s::uuid", (request,))[0]
    for service in SERVICES:
        for table in ("tombstone_key", "tombstone_id"):
            ends = stack.rows(f"SELECT DISTINCT until FROM {service}.{table} WHERE request = %s::uuid", (request,))
            assert len(ends) == 1, (service, table, ends)
            assert (ends[0][0].year, ends[0][0].month) == (received.year + 10, received.month), service


def test_what_has_run_out_is_swept(stack):
    for table in ("tombstone_key", "tombstone_id"):
        with psycopg.connect(stack.env["LETHE_PG"], autocommit=True) as pg:
            pg.execute(f"UPDATE retention.{table} SET until = now() - interval '1 second'")
    stack.restart("retention")
    wait_until(lambda: stack.value("SELECT count(*) FROM retention.tombstone_id") == 0 and
               stack.value("SELECT count(*) FROM retention.tombstone_key") == 0, 20, "the sweep")
