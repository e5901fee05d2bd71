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


def look(pg):
    """{request: (the order it stands for, tried alone)}, and the numbers of transactions that a mark is made of."""
    found = pg.execute(statement("tasks_look"), {"p1": 64, "p2": 16}).fetchall()
    pg.rollback()
    oldest, following = found[0][4:] if found else (None, None)
    return {row[0]: (row[1], row[3]) for row in found}, oldest, following


def take(pg, request, order_number):
    found = pg.execute(statement("tasks_take"), {"p1": [request], "p2": [order_number]}).fetchall()
    pg.rollback()
    return [row[0] for row in found]


def test_who_began_before_the_tombstones_is_waited_for_and_nobody_else(quiet):
    job, before, after = quiet(), writer(quiet()), quiet()
    request = order(quiet())
    found, oldest, mark = look(job)
    assert request in found and oldest < mark, "a writer that can't have seen the tombstones still runs"
    writer(after)  # sees the tombstones, since they were committed before it asked for its number
    assert look(job)[1] == oldest
    before.commit()
    assert look(job)[1] >= mark, "later writers hold nothing up"
    assert job.execute(statement("oldest")).fetchone()[0] >= mark
    after.commit()


def test_a_task_that_is_ordered_anew_waits_anew(quiet):
    job, pg = quiet(), quiet()
    request = order(pg)
    first, _ = look(job)[0][request]
    assert take(job, request, first) == [request]
    pg.execute("UPDATE forget_task SET ordered_by = pg_current_xact_id(), ordered_at = clock_timestamp()")
    pg.commit()
    assert take(job, request, first) == [], "its new tombstones were waited for by nobody"
    second, _ = look(job)[0][request]
    assert second > first and take(job, request, second) == [request]


def test_a_task_of_another_cluster_is_worked_off(quiet):
    job, pg = quiet(), quiet()
    request = order(pg)
    pg.execute("UPDATE forget_task SET ordered_by = '9000000000000', "
               "ordered_at = clock_timestamp() - interval '2 minutes'")  # a dump, restored into a young cluster
    pg.commit()
    (number, alone), oldest, following = *look(job)[0].values(), *look(job)[1:]
    assert alone and oldest == following
    claimed = job.execute(statement("task_claim"), {"p1": request, "p2": number}).fetchall()
    assert claimed == [(request,)], "it waits for ever"
    job.rollback()


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
