"""Every SQL statement PREPAREs against the freshly migrated schema, as the service's own role and with the grants that it
needs; and the roles may do no more than that."""
import os
import shutil
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from described import ROOT, SERVICES, describe

sys.path.insert(0, str(ROOT / "deploy" / "local"))

from parts.home import KEYRING_ROLES, Home  # noqa: E402
from parts.postgres import Cluster  # noqa: E402
from parts.services import Service  # noqa: E402

# Statements of the runtime run in each service's schema; the vault's, by name, in the keyring or beside the service; the
# epochs of the KEKs are the keyring's owner's alone.
RUNTIME = ("service", "outbox", "lease", "forget")
KEYRING, KEYRING_OWNER, KEYRING_OTHERS = ("keys", "epochs", "rewrap", "rotation"), ("kek", "keks"), ("dark",)
# backup will tell what a copy of the keyring still holds: it opens nothing yet.
ROLE_FOR_LATER = ("backup",)


class Databases:
    """Both clusters with all migrations applied, and nothing else of the stack."""

    def __init__(self, folder):
        before = {name: os.environ.get(name) for name in ("LETHE_HOME", "LETHE_PORT_BASE")}
        os.environ.update(LETHE_HOME=str(folder), LETHE_PORT_BASE="free")
        try:
            self.home = Home()
            self.home.prepare()
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        self.postgres = Cluster(self.home, "postgres")
        self.keyring = Cluster(self.home, "keyring")
        self.kafka = self

    def bootstrap(self):
        return "127.0.0.1:1"

    def start(self):
        for cluster in (self.postgres, self.keyring):
            cluster.start()
        for cluster in (self.postgres, self.keyring):
            cluster.wait_ready()
            cluster.initialise()
        for name in sorted(SERVICES, key=lambda s: s != "intake"):
            service = Service(self, name)
            service.end_migrate(service.begin_migrate())

    def stop(self):
        for cluster in (self.postgres, self.keyring):
            cluster.stop()
            data = cluster.folder().resolve()
            shutil.rmtree(data, ignore_errors=True)
            if data.is_relative_to("/var/tmp"):
                shutil.rmtree(data.parent, ignore_errors=True)


@pytest.fixture(scope="module")
def databases():
    (ROOT / "build" / "test").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sql-", dir=ROOT / "build" / "test") as folder:
        both = Databases(Path(folder))
        try:
            both.start()
            yield both
        finally:
            both.stop()


def connect(cluster, role):
    return psycopg.connect(cluster.conninfo(role), autocommit=True)


def check(connection, name, sql):
    """What is wrong with a statement, or None: it is parsed, and planned with the role's rights."""
    prepared = connection.pgconn.prepare(name.encode(), sql.encode())
    if prepared.status != psycopg.pq.ExecStatus.COMMAND_OK:
        return f"{name}: {prepared.error_message.decode().strip()}"
    types = connection.execute("SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = %s",
                               (name,)).fetchone()[0]
    nulls = f"({', '.join(['NULL'] * types)})" if types else ""
    try:
        with connection.transaction():
            connection.execute(f'EXPLAIN EXECUTE "{name}"{nulls}')
    except psycopg.errors.InsufficientPrivilege as error:
        return f"{name}: {error}"
    except psycopg.Error:
        pass  # not everything can be explained (SET), or planned with NULLs
    return None


def files(area):
    for path in sorted((ROOT / "common" / area / "sql").glob("*.sql")):
        yield f"{area}_{path.stem}", path.read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_statements_fit_the_migrated_schema(databases, service):
    statements = [(s["name"], s["sql"]) for s in describe(service)["statements"]]
    with connect(databases.postgres, f"lethe_{service}") as connection:
        wrong = [check(connection, name, sql) for name, sql in statements]
    assert not list(filter(None, wrong)), "\n".join(filter(None, wrong))
    on_disk = list((ROOT / "services" / service / "sql").glob("*.sql"))
    assert len(statements) == len(on_disk), "--describe doesn't name every statement of services/*/sql"


@pytest.mark.parametrize("service", SERVICES)
def test_the_runtime_s_statements_fit_every_schema(databases, service):
    with connect(databases.postgres, f"lethe_{service}") as connection:
        wrong = [check(connection, name, sql) for area in RUNTIME for name, sql in files(area)]
    assert not list(filter(None, wrong)), "\n".join(filter(None, wrong))


def test_the_vault_s_statements_fit_the_vault_and_the_keyring(databases):
    if "intake" not in SERVICES:
        pytest.skip("intake makes the vault")
    with connect(databases.postgres, "lethe_intake") as beside, connect(databases.keyring, "lethe_intake") as keyring, \
         connect(databases.keyring, "keyring_owner") as owner, connect(databases.keyring, "lethe_erasure") as other:
        places = {**dict.fromkeys(KEYRING, keyring), **dict.fromkeys(KEYRING_OWNER, owner),
                  **dict.fromkeys(KEYRING_OTHERS, other)}
        wrong = [check(places.get(name.split("_")[1], beside), name, sql) for name, sql in files("vault")]
    assert not list(filter(None, wrong)), "\n".join(filter(None, wrong))


@pytest.mark.parametrize("service", SERVICES)
def test_the_schema_is_one_that_the_service_accepts(databases, service):
    accepted = describe(service)["schema"]
    with connect(databases.postgres, f"lethe_{service}") as connection:
        newest = connection.execute("SELECT max(number) FROM migration WHERE area = %s", (service,)).fetchone()[0]
    assert accepted["least"] <= newest <= accepted["most"]
    assert newest == len(list((ROOT / "services" / service / "migrations").glob("*.sql")))


GRANTS = """
    SELECT c.relnamespace::regnamespace::text || '.' || c.relname
      FROM pg_class c
     WHERE c.relkind IN ('r', 'p', 'v', 'm')
       AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', %(own)s)
       AND has_table_privilege(%(role)s, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
       AND has_schema_privilege(%(role)s, c.relnamespace, 'USAGE')
"""
FUNCTIONS = """
    SELECT p.proname FROM pg_proc p
     WHERE p.pronamespace::regnamespace::text = 'vault' AND has_function_privilege(%(role)s, p.oid, 'EXECUTE')
       AND has_schema_privilege(%(role)s, p.pronamespace, 'USAGE')
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_role_reaches_no_tables_but_its_own(databases, service):
    role = f"lethe_{service}"
    with psycopg.connect(databases.postgres.superuser_url()) as connection:
        foreign = [row[0] for row in connection.execute(GRANTS, {"own": service, "role": role})]
        owned = connection.execute("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner"
                                   " WHERE r.rolname = %s", (role,)).fetchone()[0]
    assert not foreign, f"{role} reaches {foreign}"
    assert owned == 0, f"{role} owns tables: it could change its schema"


@pytest.mark.parametrize("service", SERVICES)
def test_the_vault_s_door_opens_for_whom_it_must(databases, service):
    needs = describe(service)["needs"]["vault"]
    assert needs == (service in KEYRING_ROLES) or service in ROLE_FOR_LATER, "--describe and the keyring's roles differ"
    if "intake" not in SERVICES:
        pytest.skip("intake makes the vault")
    with psycopg.connect(databases.postgres.superuser_url()) as connection:
        callable_ = {row[0] for row in connection.execute(FUNCTIONS, {"role": f"lethe_{service}"})}
    if not needs:
        assert not any(name.startswith(("open", "put", "records")) for name in callable_), callable_
    else:
        assert callable_, f"lethe_{service} needs the vault and may call none of its functions"
