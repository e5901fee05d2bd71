#!/usr/bin/env python3
"""The local stack: PostgreSQL (two clusters), Kafka, Redis, an SMTP receiver and the eight services, without containers.

  stack.py up                     start what isn't running; data survive down and up
  stack.py down                   stop everything; says who had to be killed
  stack.py status                 a table of all processes
  stack.py env [SERVICE]          stack.env, or what a service gets as its environment
  stack.py start SERVICE [--instance N] [--env NAME=VALUE]... [--no-wait]
  stack.py stop NAME              SIGTERM and wait (a service, kafka, postgres, keyring, redis, smtp)
  stack.py restart NAME           stop and start
  stack.py kill NAME [--signal S] send a signal (default KILL)
  stack.py wipe                   down, then remove the folder with all data

Environment: LETHE_HOME (default build/stack), LETHE_PORT_BASE (default 8100, or `free`), LETHE_BIN (default
build/release/bin), LETHE_BROKER=mock for librdkafka's mock cluster.
"""
import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts.home import SERVICES, Home, StackError, fail, say  # noqa: E402
from parts.kafka import broker  # noqa: E402
from parts.postgres import Cluster  # noqa: E402
from parts.process import resident_mb, stop_all  # noqa: E402
from parts.services import SECRET_FILES, Service, instance_name  # noqa: E402
from parts.small import Redis, Smtp  # noqa: E402

MAX_INSTANCES = 4
STOP_SECONDS = 10


class Stack:
    """All parts together."""

    def __init__(self, home):
        self.home = home
        self.postgres = Cluster(home, "postgres")
        self.keyring = Cluster(home, "keyring")
        self.kafka = broker(home)
        self.redis = Redis(home)
        self.smtp = Smtp(home)
        self.infrastructure = {"postgres": self.postgres, "keyring": self.keyring, "kafka": self.kafka,
                               "redis": self.redis, "smtp": self.smtp}

    def services(self):
        return [Service(self, name) for name in SERVICES]

    def all_services(self):
        """Further instances, too."""
        return [Service(self, name, n) for name in SERVICES for n in range(1, MAX_INSTANCES + 1)]

    def find(self, name):
        if name in self.infrastructure:
            return self.infrastructure[name]
        for service in self.all_services():
            if service.process.name == name:
                return service
        raise StackError(f"{name} is no part of the stack: {', '.join([*self.infrastructure, *SERVICES])}")

    # -- verbs ---------------------------------------------------------------------------------------------------
    def up(self):
        began = time.monotonic()
        home = self.home
        home.prepare()
        say(f"stack: {home.path}, ports from {home.base}")
        started = [name for name, part in self.infrastructure.items() if part.start()]
        if not self.kafka.durable and "kafka" in started:
            stop_all([s.process for s in self.all_services()], STOP_SECONDS)  # its address has changed
        for cluster in (self.postgres, self.keyring):
            cluster.wait_ready()
            cluster.initialise()
        for part in (self.redis, self.smtp, self.kafka):
            part.wait_ready()
        say(f"  {', '.join(started) + ' started' if started else 'nothing to start below the services'}"
            f" ({time.monotonic() - began:.1f} s)")
        present = [s for s in self.services() if s.present()]
        for service in self.services():
            if not service.present():
                say(f"  {service.name}: skipped, {service.binary} isn't built")
        self.migrate(present)
        services = [s.process.name for s in present if s.start()]
        for service in present:
            service.wait_ready()
        say(f"  {', '.join(services) + ' started' if services else 'no service to start'}"
            f" ({time.monotonic() - began:.1f} s)")
        self.write_env()
        say(f"stack: up; {home.env_file} holds the addresses")

    def migrate(self, present):
        """intake first: it makes the vault and the keyring that others' migrations may grant to."""
        first = [s for s in present if s.name == "intake"]
        rest = [s for s in present if s.name != "intake"]
        for group in (first, rest):
            for service, child in [(s, s.begin_migrate()) for s in group]:
                service.end_migrate(child)

    def down(self):
        stubborn = stop_all([s.process for s in self.all_services()], STOP_SECONDS)
        for part in (self.smtp, self.redis, self.kafka, self.postgres, self.keyring):
            stubborn += part.stop()
        self.home.env_file.unlink(missing_ok=True)
        if stubborn:
            say(f"stack: down; DID NOT STOP BY THEMSELVES and were killed: {', '.join(stubborn)}")
            return 1
        say("stack: down")
        return 0

    def status(self):
        row = "{:<12} {:>8} {:>6} {:>8}  {}"
        say(row.format("name", "pid", "port", "MB", "state"))
        healthy = True
        for name, part in self.infrastructure.items():
            pid = part.process.pid()
            healthy &= pid is not None
            say(row.format(name, pid or "-", self.home.port(name), f"{resident_mb(pid):.0f}" if pid else "-",
                           ("runs" if pid else "DOWN") + ("" if getattr(part, "durable", True) else ", in memory only")))
        for service in self.all_services():
            pid = service.process.pid()
            if pid is None and service.instance > 1:
                continue
            if pid is None:
                state = "DOWN" if service.present() else "not built"
                healthy &= not service.present()
            else:
                ready, waits = service.health()
                healthy &= ready
                state = "ready" if ready else f"waits: {waits}"
            say(row.format(service.process.name, pid or "-", self.home.port(service.name, service.instance),
                           f"{resident_mb(pid):.0f}" if pid else "-", state))
        return 0 if healthy else 1

    def start(self, name, instance, extra, wait):
        part = self.find(instance_name(name, instance))
        if isinstance(part, Service):
            if not part.present():
                raise StackError(f"{part.binary} isn't built")
            part.start(extra)
        else:
            part.start()
        if wait:
            part.wait_ready()
        self.write_env()

    def stop(self, name):
        part = self.find(name)
        stubborn = stop_all([part.process], STOP_SECONDS) if isinstance(part, Service) else part.stop()
        if stubborn:
            say(f"stack: {name} did not stop by itself within {STOP_SECONDS} s and was killed")
            return 1
        return 0

    def kill(self, name, number):
        part = self.find(name)
        if not part.process.send(number):
            raise StackError(f"{name} isn't running")
        if number == signal.SIGKILL and not part.process.wait_gone(10):
            raise StackError(f"{name} outlived SIGKILL for 10 s")

    # -- stack.env -----------------------------------------------------------------------------------------------
    def environment(self):
        home = self.home
        values = {
            "LETHE_HOME": home.path,
            "LETHE_BIN": home.bin,
            "LETHE_PORT_BASE": home.base,
            "LETHE_PUBLIC_URL": home.url("consent"),
            "LETHE_KAFKA": self.kafka.bootstrap(),
            "LETHE_KAFKA_DURABLE": "yes" if self.kafka.durable else "no",
            "LETHE_PG": self.postgres.superuser_url(),
            "LETHE_KEYRING_PG": self.keyring.superuser_url(),
            "LETHE_PG_DATA": self.postgres.folder().resolve(),
            "LETHE_KEYRING_DATA": self.keyring.folder().resolve(),
            "LETHE_REDIS": f"127.0.0.1:{home.port('redis')}",
            "LETHE_SMTP": f"127.0.0.1:{home.port('smtp')}",
            "LETHE_MAIL_DIR": home.mail,
            "LETHE_UNSUBSCRIBE_MAILDIR": home.unsubscribes,
            "LETHE_ADMIN_TOKEN": home.secret_text("admin.token"),
            "LETHE_POLICY": home.policy,
            "LETHE_KEK_DIR": home.kek,
            "LETHE_LEDGER": home.ledger,
        }
        for variable, name in SECRET_FILES.items():
            values[variable] = home.secret / name
        for name in SERVICES:
            values[f"LETHE_{name.upper()}_URL"] = home.url(name)
        for name, part in self.infrastructure.items():
            values[f"LETHE_PID_{name.upper()}"] = part.process.pid() or ""
        for service in self.all_services():
            pid = service.process.pid()
            if pid is not None:
                values[f"LETHE_PID_{service.process.name.upper().replace('-', '_')}"] = pid
                if service.instance > 1:
                    values[f"LETHE_{service.process.name.upper().replace('-', '_')}_URL"] = service.url()
        return values

    def write_env(self):
        part = self.home.env_file.with_name(".stack.env")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            for name, value in self.environment().items():
                out.write(f"{name}={_quoted(str(value))}\n")
        part.rename(self.home.env_file)


def _quoted(value):
    """Plain where it can be, so that readers that are no shell get along, too."""
    plain = all(c.isalnum() or c in "_-./:@%+=," for c in value)
    return value if plain else "'" + value.replace("'", "'\\''") + "'"


def _wipe(stack):
    stack.down()
    home = stack.home
    for cluster in (stack.postgres, stack.keyring):
        place = home.path / cluster.name
        if place.is_symlink():
            shutil.rmtree(place.resolve().parent, ignore_errors=True)
    shutil.rmtree(home.path)
    return 0


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in ("up", "down", "status", "wipe"):
        verbs.add_parser(name)
    verbs.add_parser("env").add_argument("service", nargs="?")
    start = verbs.add_parser("start")
    start.add_argument("name")
    start.add_argument("--instance", type=int, default=1, choices=range(1, MAX_INSTANCES + 1))
    start.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    start.add_argument("--no-wait", action="store_true")
    for name in ("stop", "restart"):
        verbs.add_parser(name).add_argument("name")
    kill = verbs.add_parser("kill")
    kill.add_argument("name")
    kill.add_argument("--signal", default="KILL")
    return parser.parse_args()


def _run(stack, args):
    if args.verb == "up":
        stack.up()
    elif args.verb == "down":
        return stack.down()
    elif args.verb == "status":
        return stack.status()
    elif args.verb == "wipe":
        return _wipe(stack)
    elif args.verb == "env":
        if args.service:
            for name, value in sorted(stack.find(args.service).migrate_options().items()):
                say(f"{name}={_quoted(value)}")
        else:
            stack.write_env()
            print(stack.home.env_file.read_text(), end="")
    elif args.verb == "start":
        stack.start(args.name, args.instance, dict(e.split("=", 1) for e in args.env), not args.no_wait)
    elif args.verb == "stop":
        return stack.stop(args.name)
    elif args.verb == "restart":
        stack.stop(args.name)
        name, _, instance = args.name.partition("-")
        stack.start(name, int(instance or 1), {}, True)
    elif args.verb == "kill":
        stack.kill(args.name, getattr(signal, f"SIG{args.signal.upper().removeprefix('SIG')}"))
    return 0


def main():
    args = _arguments()
    home = Home()
    try:
        if args.verb == "up":
            home.path.mkdir(parents=True, exist_ok=True)
        elif not home.exists():
            if args.verb in ("down", "wipe"):
                say(f"stack: there is none in {home.path}")
                return 0
            raise StackError(f"there is no stack in {home.path}: make up")
        if args.verb not in ("status", "env"):
            home.lock()
        return _run(Stack(home), args)
    except StackError as error:
        fail(error)
    except KeyboardInterrupt:
        fail("interrupted")
    except BrokenPipeError:  # `stack.py status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 1


if __name__ == "__main__":
    sys.exit(main())
