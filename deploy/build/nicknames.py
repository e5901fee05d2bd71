#!/usr/bin/env python3
"""Embeds nickname sets as a C table: nicknames.py OUT.h FILE.txt...  A line is one set: a name and its short forms."""
import pathlib
import sys


def main():
    out, *files = sys.argv[1:]
    lines = ["/* Generated from " + ", ".join(files) + " */"]
    for file in files:
        for line in pathlib.Path(file).read_text(encoding="ascii").splitlines():
            words = line.split("#")[0].split()
            if len(words) > 1:
                lines.append('"' + " ".join(words) + '",')
    pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(out).write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
