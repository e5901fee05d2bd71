"""One background process of the stack: started with a log and a pid file, recognised again, stopped."""
import os
import signal
import subprocess
import time

from .home import StackError

TAIL_LINES = 15


def _stat(pid):
    """State and start time of a process, or None where there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as source:
            after_name = source.read().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return None
    return after_name[0], after_name[19]


def resident_mb(pid):
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as source:
            return int(source.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError, ValueError):
        return 0.0


class Process:
    """The pid file holds pid and start time, so that a reused pid is never taken for ours."""

    def __init__(self, home, name):
        self.home = home
        self.name = name
        self.pid_file = home.run / f"{name}.pid"
        self.log_file = home.log / f"{name}.log"

    def pid(self):
        """The pid of the running process, or None."""
        try:
            pid, started = self.pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        found = _stat(pid)
        if found is None or found[0] in "ZX" or found[1] != started:
            return None
        return int(pid)

    def start(self, argv, env=None, cwd=None):
        with open(self.log_file, "ab") as log:
            child = subprocess.Popen(  # pylint: disable=consider-using-with
                [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=env, cwd=cwd or self.home.path, start_new_session=True)
        self.adopt(child.pid)
        return child.pid

    def adopt(self, pid):
        found = _stat(pid)
        if found is None:
            raise StackError(f"{self.name} ended at once\n{self.tail()}")
        part = self.pid_file.with_suffix(".part")
        part.write_text(f"{pid} {found[1]}\n")
        part.rename(self.pid_file)

    def send(self, number):
        pid = self.pid()
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait_gone(self, seconds):
        end = time.monotonic() + seconds
        while self.pid() is not None:
            try:  # ours if this very command started it
                os.waitpid(self.pid() or -1, os.WNOHANG)
            except (ChildProcessError, OSError):
                pass
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def forget(self):
        self.pid_file.unlink(missing_ok=True)

    def tail(self):
        try:
            lines = self.log_file.read_bytes()[-8000:].decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:])


def wait_until(condition, seconds, what, alive=()):
    """Calls condition() until it is true. Fails with what() or what, or where a process of `alive` has ended."""
    end = time.monotonic() + seconds
    pause = 0.01
    while True:
        if condition():
            return
        for process in alive:
            if process.pid() is None:
                raise StackError(f"{process.name} has ended. The end of {process.log_file}:\n{process.tail()}")
        if time.monotonic() > end:
            text = what() if callable(what) else what
            tails = "".join(f"\nThe end of {p.log_file}:\n{p.tail()}" for p in alive)
            raise StackError(f"waited {seconds} s in vain for {text}{tails}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def stop_all(processes, seconds, number=signal.SIGTERM):
    """Asks all at once, waits for all, then kills who is left. Returns the names of those."""
    asked = [p for p in processes if p.send(signal.SIGCONT) and p.send(number)]
    end = time.monotonic() + seconds
    stubborn = []
    for process in asked:
        if not process.wait_gone(max(0.0, end - time.monotonic())):
            stubborn.append(process.name)
            process.send(signal.SIGKILL)
            process.wait_gone(5)
    for process in processes:
        if process.pid() is None:
            process.forget()
    return stubborn
