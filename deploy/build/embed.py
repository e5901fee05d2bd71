#!/usr/bin/env python3
"""Embeds a module's sql/*.sql and migrations/*.sql as C tables: embed.py NAME FOLDER OUT_FOLDER."""
import pathlib
import re
import sys


def literal(text: str) -> str:
    """C string literal of a file, one source line a literal line."""
    lines = text.splitlines() or [""]
    escaped = [line.replace("\\", "\\\\").replace('"', '\\"') for line in lines]
    return "\n".join(f'        "{line}\\n"' for line in escaped)


def write_if_changed(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def statements(name: str, folder: pathlib.Path) -> str:
    guard = f"LETHE_GEN_{name.upper()}_SQL_H"
    out = [f"/* Generated from the .sql files of {folder} */", f"#ifndef {guard}", f"#define {guard}",
           '#include "common/pg/pg.h"', ""]
    files = sorted(folder.glob("*.sql"))
    for file in files:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", file.stem):
            sys.exit(f"{file}: a statement's file is named [a-z][a-z0-9_]*.sql")
        out += [f"static const struct pg_statement {name}_sql_{file.stem} = {{",
                f'    .name = "{name}_{file.stem}",', "    .sql =", literal(file.read_text()), "};"]
    out += [f"static const struct pg_statement *const {name}_statements[] = {{"]
    out += [f"    &{name}_sql_{file.stem}," for file in files]
    out += ["    NULL,", "};", f"enum {{ {name}_statements_n = {len(files)} }};", "#endif", ""]
    return "\n".join(out)


def migrations(name: str, folder: pathlib.Path) -> str:
    guard = f"LETHE_GEN_{name.upper()}_MIGRATIONS_H"
    out = [f"/* Generated from the .sql files of {folder} */", f"#ifndef {guard}", f"#define {guard}",
           '#include "common/pg/pg.h"', "", f"static const struct pg_migration {name}_migrations[] = {{"]
    files = sorted(folder.glob("*.sql"))
    for number, file in enumerate(files, 1):
        match = re.fullmatch(r"(\d{4})_([a-z0-9_]+)", file.stem)
        if not match or int(match[1]) != number:
            sys.exit(f"{file}: migrations are named NNNN_what.sql and numbered without gaps")
        out += ["    {", f'        .area = "{name}",', f"        .number = {number},",
                f'        .name = "{match[2]}",', "        .sql =", literal(file.read_text()), "    },"]
    out += ["};", f"enum {{ {name}_migrations_n = {len(files)} }};", "#endif", ""]
    return "\n".join(out)


def main() -> None:
    name, folder, out = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    if (folder / "sql").is_dir():
        write_if_changed(out / f"{name}_sql.h", statements(name, folder / "sql"))
    if (folder / "migrations").is_dir():
        write_if_changed(out / f"{name}_migrations.h", migrations(name, folder / "migrations"))


if __name__ == "__main__":
    main()
