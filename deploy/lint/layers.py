#!/usr/bin/env python3
"""Who may include whom: layers.py [FOLDER]. Prints each breach as file:line and ends with 1 where there is one.

A common module includes only lower layers and its own layer's headers; common/ knows no service; a service includes no
other service; a third-party library stays behind the one module that wraps it.
"""
import re
import sys
from pathlib import Path

LAYERS = {
    0: "error arena text buf clock uuid",
    1: "log metrics option retry",
    2: "event pg kafka redis http crypto policy normal ledger proto",
    3: "vault outbox lease forget service",
}
LAYER_OF = {module: layer for layer, modules in LAYERS.items() for module in modules.split()}

# Library header -> folders that may include it. STYLE: json_t lives only in event and http; the two stand-alone command
# lines have no common module between them and their JSON.
BEHIND = {
    "libpq-fe.h": ("common/pg",),
    "librdkafka/": ("common/kafka", "deploy/local", "tests"),
    "hiredis": ("common/redis", "tests"),
    "microhttpd.h": ("common/http",),
    "curl/": ("common/http", "services/mailer", "services/admin/lethectl", "tests"),
    "jansson.h": ("common/event", "common/http", "services/admin/lethectl", "services/erasure/verify", "tests"),
    "gmime": ("services/mailer",),
    "cyaml": ("common/policy",),
    "yaml.h": ("common/policy",),
    "unicode/": ("common/normal",),
    "idn2.h": ("common/normal",),
    "phonenumbers/": ("common/normal",),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
SOURCES = (".c", ".h", ".cc")


def module_of(path):
    """('common', 'pg'), ('services', 'intake'), ('proto', 'proto'), or None for what has no layer."""
    parts = Path(path).parts
    if len(parts) > 2 and parts[0] in ("common", "services"):
        return parts[0], parts[1]
    if parts and parts[0] == "proto":
        return "common", "proto"
    return None


def breach_of_layers(path, included):
    """Why `path` may not include the project header `included`, or None."""
    here, there = module_of(path), module_of(included)
    if there is None or here is None:
        return None
    if here[0] == "common":
        if there[0] == "services":
            return "common/ knows no service"
        if there[1] not in LAYER_OF:
            return f"common/{there[1]} has no layer; give it one in deploy/lint/layers.py and ARCHITECTURE.md"
        if here[1] in LAYER_OF and LAYER_OF[there[1]] > LAYER_OF[here[1]]:
            return f"{here[1]} is layer {LAYER_OF[here[1]]}, {there[1]} is layer {LAYER_OF[there[1]]}"
    elif there[0] == "services" and there[1] != here[1]:
        return "a service includes no other service"
    return None


def breach_of_wrapping(path, included):
    for library, folders in BEHIND.items():
        if included.startswith(library) and not any(str(path).startswith(f"{folder}/") for folder in folders):
            return f"only {' and '.join(folders)} may include <{library}...>"
    return None


def check(root):
    breaches = []
    for folder in ("common", "proto", "services", "deploy", "tests"):
        for source in sorted((root / folder).rglob("*")):
            if source.suffix not in SOURCES:
                continue
            path = source.relative_to(root)
            here = module_of(path)
            if here and here[0] == "common" and here[1] not in LAYER_OF:
                breaches.append(f"{path}:1: {here[1]} has no layer; give it one in deploy/lint/layers.py")
            for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
                found = INCLUDE.match(line)
                if not found:
                    continue
                name = found[2]
                project = found[1] == '"'
                if project and "/" not in name and (source.parent / name).exists():
                    name = str((source.parent / name).relative_to(root))
                why = breach_of_layers(path, name) if project else None
                why = why or breach_of_wrapping(path, name)
                if why:
                    breaches.append(f"{path}:{number}: includes {found[2]}: {why}")
    return breaches


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    breaches = check(root)
    for breach in breaches:
        print(breach)
    print(f"layers: {len(breaches)} breaches" if breaches else "layers: in order")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
