"""What a benchmark reads from the machine: CPU seconds by process and thread, resident memory, and what bound a run."""
import json
import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()


def emit(name, value, unit, *, ratio=None, to=None, bound_by=None, **more):
    """One figure, one line."""
    print(json.dumps({"name": name, "value": _short(value), "unit": unit, "ratio": _short(ratio), "to": to,
                      "bound_by": bound_by, **more}), flush=True)


def _short(value):
    if not isinstance(value, float):
        return value
    return round(value) if abs(value) >= 1000 else float(f"{value:.4g}")


def percentile(values, share):
    """The smallest value that `share` of all values don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def _stat(path):
    """(name, ppid, own CPU seconds, CPU seconds of children that have ended)"""
    text = Path(path).read_text(errors="replace")
    name = text[text.index("(") + 1:text.rindex(")")]
    fields = text[text.rindex(")") + 2:].split()
    numbers = [int(n) for n in fields[11:15]]
    return name, int(fields[1]), sum(numbers[:2]) / TICKS, sum(numbers[2:]) / TICKS


def _children(pid):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if _stat(entry / "stat")[1] == pid:
                    found.append(int(entry.name))
            except (OSError, ValueError):
                pass
    return found


def cpu_seconds(pid):
    """Of a process and its children, those that have ended included (PostgreSQL's backends)."""
    _, _, own, ended = _stat(f"/proc/{pid}/stat")
    for child in _children(pid):
        try:
            own += _stat(f"/proc/{child}/stat")[2]
        except OSError:
            pass
    return own + ended


def threads(pid):
    """{(tid, name): CPU seconds}; a PostgreSQL's are its backends."""
    found = {}
    for entry in Path(f"/proc/{pid}/task").iterdir():
        try:
            name, _, own, _ = _stat(entry / "stat")
            found[int(entry.name), name] = own
        except (OSError, ValueError):
            pass
    return found


def resident_mb(pid, *, peak=False):
    """In megabytes of 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:" if peak else "VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def reset_peak(pid):
    """From here on VmHWM counts anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _machine():
    """(busy, waiting for disk) CPU seconds of all cores."""
    numbers = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle, iowait = numbers[3], numbers[4]
    return (sum(numbers) - idle - iowait) / TICKS, iowait / TICKS


class Profile:
    """CPU shares of the stack's processes between start and stop; says in words what a run was bound by."""

    def __init__(self, stack, names, *, closely=()):
        self.pids = {name: stack.pid(name) for name in names if stack.pid(name)}
        self.closely = [name for name in closely if name in self.pids]
        self.began = time.monotonic()
        self.before = self._read()

    def _read(self):
        return ({name: cpu_seconds(pid) for name, pid in self.pids.items()},
                {name: threads(self.pids[name]) for name in self.closely}, _machine())

    def stop(self):
        seconds = time.monotonic() - self.began
        now = self._read()
        shares = {name: (now[0][name] - self.before[0][name]) / seconds for name in self.pids}
        busy, waiting = ((now[2][i] - self.before[2][i]) / seconds / CORES for i in (0, 1))
        hottest = None
        for name in self.closely:
            for key, used in now[1][name].items():
                share = (used - self.before[1][name].get(key, 0.0)) / seconds
                if hottest is None or share > hottest[0]:
                    hottest = share, name, key[1]
        self.seconds, self.shares = seconds, shares
        return self._words(shares, busy, waiting, hottest)

    @staticmethod
    def _words(shares, busy, waiting, hottest):
        parts = ", ".join(f"{name} {share:.0%}" for name, share in sorted(shares.items(), key=lambda i: -i[1])
                          if share >= 0.02)
        if hottest and hottest[0] > 0.85:
            verdict = f"one thread of {hottest[1]} ({hottest[0]:.0%} of a core)"
        elif busy > 0.85:
            verdict = f"CPU: all {CORES} cores {busy:.0%} busy"
        elif waiting > 0.15:
            verdict = f"disk: {waiting:.0%} of the time waits for it, cores {busy:.0%} busy"
        else:
            verdict = f"waiting for one another (commits, hops): {CORES} cores are {busy:.0%} busy"
        text = f"{verdict}; in shares of a core: {parts}"
        if hottest:
            text += f"; the busiest thread of {hottest[1]} {hottest[0]:.0%}"
        return text
