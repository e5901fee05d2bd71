"""A fault every one to three seconds at random for LETHE_CHAOS_MINUTES (5), then the state of an undisturbed run.
LETHE_CHAOS_SEED repeats a run's faults as far as the machine lets it."""
import os
import random
import secrets
import signal
import time

import psycopg
from faults import Input, compare, complete, lost_mails, make_stack, outcome
from lethe_stack import SERVICES

MINUTES = float(os.environ.get("LETHE_CHAOS_MINUTES", "5"))
SEED = int(os.environ.get("LETHE_CHAOS_SEED", str(random.randrange(10 ** 6))))
SLICES = max(60, int(MINUTES * 30))


class Chaos:
    """The faults; each leaves the stack so that it heals by itself or by being started again."""

    def __init__(self, stack, chance):
        self.stack, self.chance = stack, chance
        self.frozen = {}
        self.done = []

    def strike(self):
        what = self.chance.choice([self.kill_service] * 6 + [self.freeze] * 3 + [self.kill_backend] * 3 +
                                  [self.kill_postgres, self.stop_postgres_at_once, self.kill_keyring, self.kill_kafka,
                                   self.kill_redis])
        self.done.append(what.__name__)
        what()

    def kill_service(self):
        self.stack.kill(self._awake())

    def freeze(self):
        """Past the session timeout; thawed by tidy()."""
        name = self._awake()
        self.stack.freeze(name)
        self.frozen[name] = time.monotonic() + self.chance.uniform(1, 15)

    def kill_backend(self):
        ring = self.chance.random() < 0.3
        try:
            with psycopg.connect(self.stack.env["LETHE_KEYRING_PG" if ring else "LETHE_PG"], autocommit=True) as link:
                link.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'lethe\\_%' "
                             "ORDER BY random() LIMIT 3")
        except psycopg.Error:
            pass  # it was down anyway

    def kill_postgres(self):
        self.stack.kill("postgres")

    def stop_postgres_at_once(self):
        self.stack.kill("postgres", signal.SIGQUIT)
        self.stack.wait_dead("postgres")

    def kill_keyring(self):
        self.stack.kill("keyring")

    def kill_kafka(self):
        self.stack.kill("kafka")

    def kill_redis(self):
        self.stack.kill("redis")

    def _awake(self):
        return self.chance.choice([n for n in SERVICES if n not in self.frozen and self.stack.pid(n)])

    def tidy(self, *, all_of_them=False):
        """Wakes who has slept long enough, starts who is down."""
        for name, until in list(self.frozen.items()):
            if all_of_them or time.monotonic() > until:
                del self.frozen[name]
                if self.stack.pid(name):
                    self.stack.thaw(name)
        for name in ("postgres", "keyring", "kafka", "redis"):
            if self.stack.pid(name) is None:
                self.stack.start(name)
        for name in SERVICES:
            if self.stack.pid(name) is None:
                self.stack.start(name, wait=False)


def run(index_key, disturb):
    stack = make_stack(index_key)
    try:
        stack.up()
        work = Input(SEED, 6000, SLICES)
        work.begin(stack)
        faults = disturb(stack, work) if disturb else []
        work.finish(stack, timeout=600)
        complete(stack)
        return outcome(stack), lambda calm, stormy: lost_mails(stack, calm, stormy), stack, faults
    except BaseException:
        stack.wipe()
        raise


def storm(stack, work):
    chance = random.Random(SEED)
    chaos = Chaos(stack, chance)
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() < end:
        work.send_slice(stack)
        chaos.strike()
        time.sleep(chance.uniform(0.5, 2))  # the faults' own rhythm, not a wait for anything
        chaos.tidy()
    chaos.tidy(all_of_them=True)
    stack.up()
    return chaos.done


def test_whatever_happens():
    print(f"LETHE_CHAOS_SEED={SEED}")
    key = secrets.token_hex(32)
    calm, _, stack, _ = run(key, None)
    stack.wipe()
    stormy, lost, stack, faults = run(key, storm)
    try:
        print(f"{len(faults)} faults: {({name: faults.count(name) for name in sorted(set(faults))})}")
        said = compare(calm, stormy)
        assert not said, "\n".join(said)
        assert lost(calm, stormy) == 0
    finally:
        stack.wipe()
