"""The two PostgreSQL clusters: services and vault in one, the keyring in the other."""
import grp
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

from .home import KEYRING_ROLES, SCHEMA_OWNERS, SERVICES, StackError, say
from .process import Process, wait_until

# Nothing of a statement's values may reach the log: not its parameters, not the text of the statement, not the
# DETAIL or CONTEXT lines of an error (a unique violation prints the key, COPY prints the column), and not even an
# error's own message ("invalid input syntax for type date: ..."), hence log_min_messages = log.
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
max_connections = 150
shared_buffers = {shared_buffers}
effective_cache_size = 1GB
maintenance_work_mem = 64MB
max_wal_size = 2GB
min_wal_size = 160MB
wal_compression = lz4
checkpoint_timeout = 10min
checkpoint_completion_target = 0.9
synchronous_commit = on
fsync = on
full_page_writes = on
random_page_cost = 1.1
jit = off
password_encryption = scram-sha-256
tcp_keepalives_idle = 10
tcp_keepalives_interval = 3
tcp_keepalives_count = 3
timezone = 'UTC'
log_timezone = 'UTC'
log_destination = 'stderr'
logging_collector = off
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_statement = none
log_duration = off
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_autovacuum_min_duration = -1
log_checkpoints = off
track_activity_query_size = 256
"""

HBA = """local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""

CLUSTERS = {"postgres": "256MB", "keyring": "64MB"}


def binaries():
    for folder in ("/usr/lib/postgresql/15/bin", os.path.dirname(shutil.which("initdb") or "")):
        if folder and (Path(folder) / "initdb").exists():
            return Path(folder)
    raise StackError("PostgreSQL 15 is not installed: run deploy/setup/install.sh all")


def passable(folder, user):
    """Whether `user` can walk down to `folder`."""
    groups = {user.pw_gid} | {g.gr_gid for g in grp.getgrall() if user.pw_name in g.gr_mem}
    for step in [folder, *folder.parents]:
        if not step.exists():
            continue
        info = step.stat()
        bit = 0o100 if info.st_uid == user.pw_uid else 0o010 if info.st_gid in groups else 0o001
        if not info.st_mode & bit:
            return False
    return True


def processes_in(folder):
    """Pids of the processes whose working folder it is; zombies have none."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "cwd") == str(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


class Cluster:
    """One cluster: made, configured, started, given its roles and schemas."""

    def __init__(self, home, name):
        self.home = home
        self.name = name
        self.port = home.port(name)
        self.process = Process(home, name)
        self.user = pwd.getpwnam("postgres") if os.getuid() == 0 else None

    # -- places --------------------------------------------------------------------------------------------------
    def folder(self):
        """home/<name>; a link to /var/tmp where PostgreSQL's own user can't reach the home."""
        wanted = self.home.path / self.name
        if wanted.is_symlink() or (wanted / "PG_VERSION").exists() or self.user is None:
            return wanted
        if passable(self.home.path, self.user):
            return wanted
        elsewhere = Path(f"/var/tmp/lethe-{self.home.digest()}") / self.name
        say(f"  {self.name}: PostgreSQL refuses to run as root and its own user can't reach {self.home.path}; "
            f"the data stand in {elsewhere}")
        elsewhere.parent.mkdir(mode=0o755, exist_ok=True)
        wanted.symlink_to(elsewhere)
        return wanted

    def sockets(self):
        """A folder for the Unix socket, or '' where the path would be too long for one (107 bytes)."""
        folder = self.folder().resolve() / "socket"
        return str(folder) if len(str(folder)) + len(f"/.s.PGSQL.{self.port}") < 107 else ""

    def host(self):
        return self.sockets() or "127.0.0.1"

    # -- connection strings --------------------------------------------------------------------------------------
    def conninfo(self, role):
        """For services: the password stays in a file of its own."""
        return (f"host={self.host()} port={self.port} dbname=lethe user={role} "
                f"passfile={self.home.secret / f'{self.name}-{role}.pgpass'}")

    def superuser_url(self, database="lethe"):
        password = self.home.secret_text(f"{self.name}-lethe")
        return f"postgresql://lethe:{password}@127.0.0.1:{self.port}/{database}"

    # -- life ----------------------------------------------------------------------------------------------------
    def command(self, argv):
        if self.user is None:
            return [str(a) for a in argv]
        return ["setpriv", f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--init-groups",
                *[str(a) for a in argv]]

    def make(self):
        folder = self.folder()
        if (folder / "lethe-ready").exists():
            return
        target = folder.resolve()
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o700, parents=True)
        if self.user:
            os.chown(target, self.user.pw_uid, self.user.pw_gid)
        # initdb reads the password as PostgreSQL's user, who can't open the secrets.
        pwfile = target.with_name(f"{target.name}.pw")
        pwfile.touch(mode=0o600)
        self._write(pwfile, self.home.secret_text(f"{self.name}-lethe") + "\n")
        try:
            made = subprocess.run(
                self.command([binaries() / "initdb", "-D", target, "-U", "lethe", "--auth=scram-sha-256",
                              f"--pwfile={pwfile}", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums",
                              "--no-sync", "--no-instructions"]), capture_output=True, check=False, cwd="/")
        finally:
            pwfile.unlink()
        if made.returncode != 0:
            raise StackError(f"initdb of {self.name} failed:\n{made.stdout.decode()}{made.stderr.decode()}")
        self._write(target / "lethe-ready", "")

    def _write(self, path, text):
        path.write_text(text)
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def configure(self):
        target = self.folder().resolve()
        sockets = self.sockets()
        if sockets:
            Path(sockets).mkdir(mode=0o700, exist_ok=True)
            if self.user:
                os.chown(sockets, self.user.pw_uid, self.user.pw_gid)
        self._write(target / "lethe.conf", SETTINGS.format(port=self.port, sockets=sockets,
                                                           shared_buffers=CLUSTERS[self.name]))
        self._write(target / "pg_hba.conf", HBA)
        main = target / "postgresql.conf"
        if "lethe.conf" not in main.read_text():
            self._write(main, main.read_text() + "\ninclude = 'lethe.conf'\n")

    def start(self):
        """True where it had to be started."""
        if self.process.pid() is not None:
            return False
        self.home.need_free(self.port, self.name)
        self.make()
        self.configure()
        self._launch()
        return True

    def _launch(self):
        target = self.folder().resolve()
        self._clear_lock(target)
        self.process.start(self.command([binaries() / "postgres", "-D", target]), cwd="/")

    def _clear_lock(self, target):
        """After a kill -9: waits for the backends left behind, then drops the lock files.

        A postmaster would wait for neither, and takes a killed one that nobody has reaped (a container without an
        init) for a living one. Backends stand in the data folder: while one does, the folder is in use.
        """
        if not (target / "postmaster.pid").exists():
            return
        wait_until(lambda: not processes_in(target), 30, f"the backends of the killed {self.name} to end")
        for lock in (target / "postmaster.pid", target / "socket" / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)

    def wait_ready(self):
        def ready():
            return subprocess.run([binaries() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                                  check=False).returncode == 0

        wait_until(ready, 60, f"{self.name} on port {self.port}", alive=[self.process])

    def psql(self, database, script, *, files=()):
        argv = [binaries() / "psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
                "-p", str(self.port), "-U", "lethe", "-d", database]
        for path in files:
            argv += ["-f", path]
        done = subprocess.run(argv, input=None if files else script, capture_output=True, text=True, check=False,
                              env={**os.environ, "PGPASSWORD": self.home.secret_text(f"{self.name}-lethe")})
        if done.returncode != 0:
            raise StackError(f"{self.name}: {done.stderr.strip()}")
        return done.stdout

    def initialise(self):
        """Database, roles, schemas and passwords. Safe to repeat."""
        roles = ([f"lethe_{s}" for s in SERVICES] + [f"{s}_owner" for s in SCHEMA_OWNERS]
                 if self.name == "postgres" else [f"lethe_{s}" for s in KEYRING_ROLES] + ["keyring_owner"])
        for role in roles:
            path = self.home.secret / f"{self.name}-{role}.pgpass"
            if not path.exists():
                path.touch(mode=0o600)
                path.write_text(f"*:*:*:{role}:{self.home.secret_text(f'{self.name}-{role}')}\n")
        script = self.home.root / "deploy" / "postgres" / ("init.sql" if self.name == "postgres" else "keyring.sql")
        done = self.folder().resolve() / "lethe-initialised"
        mark = str(hash_of(script))
        if done.exists() and done.read_text() == mark:
            return
        if self.psql("postgres", "SELECT 1 FROM pg_database WHERE datname = 'lethe'").strip() != "1":
            self.psql("postgres", "CREATE DATABASE lethe")
        self.psql("lethe", None, files=[script])
        passwords = "".join(
            f"ALTER ROLE {role} PASSWORD '{self.home.secret_text(f'{self.name}-{role}')}';\n" for role in roles)
        self.psql("lethe", passwords)
        self._write(done, mark)

    def stop(self, seconds=60):
        """SIGINT is PostgreSQL's fast shutdown; SIGQUIT its immediate one. Never SIGKILL."""
        self.process.send(signal.SIGCONT)
        if not self.process.send(signal.SIGINT):
            self.process.forget()
            return []
        if self.process.wait_gone(seconds):
            self.process.forget()
            return []
        self.process.send(signal.SIGQUIT)
        self.process.wait_gone(10)
        return [f"{self.name} (SIGQUIT)"]


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
