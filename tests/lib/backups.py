"""lethe-backup as tests call it, with a key and folders of the stack's own."""
import json
import os
import secrets
import subprocess
from pathlib import Path

from lethe_stack import ROOT

BIN = ROOT / "build" / "release" / "bin"


def options(stack, **more):
    home = stack.home
    for folder in ("backups", "backups-keyring"):
        (home / folder).mkdir(exist_ok=True)
    key = home / "secrets" / "backup.key"
    if not key.exists():
        key.write_text(secrets.token_hex(32) + "\n")
    env = stack.env
    return {**os.environ, "LETHE_PG_BACKUP": env["LETHE_PG"], "LETHE_KEYRING_BACKUP": env["LETHE_KEYRING_PG"],
            "LETHE_BACKUP_DIR": str(home / "backups"), "LETHE_KEYRING_BACKUP_DIR": str(home / "backups-keyring"),
            "LETHE_BACKUP_KEY_FILE": str(key), "LETHE_BACKUP_URL": env["LETHE_BACKUP_URL"],
            "LETHE_INTERNAL_TOKEN_FILE": env["LETHE_INTERNAL_TOKEN_FILE"], "LETHE_LEDGER": env["LETHE_LEDGER"],
            "LETHE_KEK_DIR": env["LETHE_KEK_DIR"], "LETHE_SIGNING_KEY_FILE": env["LETHE_SIGNING_KEY_FILE"], **more}


def run(stack, *args, check=True, **more):
    done = subprocess.run([Path(stack.env.get("LETHE_BIN", BIN)) / "lethe-backup", *args], env=options(stack, **more), capture_output=True, text=True, check=False,
                          timeout=300)
    assert not check or done.returncode == 0, f"lethe-backup {' '.join(args)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def take(stack):
    """{"schemas": id, "keyring": id}"""
    return {what: number for number, what, *_ in (line.split() for line in run(stack, "take").stdout.splitlines())}


def notes(stack):
    """What stands beside each file, by id."""
    found = [json.loads(path.read_text()) for folder in ("backups", "backups-keyring")
             for path in (stack.home / folder).glob("*.json")]
    return {note["id"]: note for note in found}


def report(stack, check=True):
    return json.loads(run(stack, "report", check=check).stdout)
