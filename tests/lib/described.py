"""What each service's binary says of itself (--describe), for the tests that hold pages, schemas and grants against it."""
import functools
import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / "build" / "release" / "bin"
SERVICES = tuple(name for name in ("intake", "dedupe", "consent", "mailer", "retention", "erasure", "backup", "admin")
                 if (ROOT / "services" / name / "main.c").exists())


@functools.cache
def describe(service):
    done = subprocess.run([BIN / f"lethe-{service}", "--describe"], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin"}, timeout=30)
    assert done.returncode == 0, f"lethe-{service} --describe: {done.stderr}"
    return json.loads(done.stdout)
