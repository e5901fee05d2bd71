#!/usr/bin/env python3
"""Embeds a service's texts in all their languages as C tables: catalogue.py messages|letters NAME FOLDER OUT_FOLDER.

messages: FOLDER/<language>.json, one flat object a language, all with the same members -> gen/NAME_messages.h.
letters:  FOLDER/<language>/<letter>.txt, the same letters with the same fields in each -> gen/NAME_letters.h.
A language is added by adding a file (or a folder); what it lacks stops the build.
"""
import json
import pathlib
import re
import sys

from embed import literal, write_if_changed

LANGUAGE = re.compile(r"[a-z]{2}")
FIELD = re.compile(r"\{([a-z_]+)\}|^\?([a-z_]+) ", re.M)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def same(what: pathlib.Path, wanted: set, found: set) -> None:
    if wanted != found:
        sys.exit(f"{what}: lacks {sorted(wanted - found)}, has besides {sorted(found - wanted)}")


def messages(name: str, folder: pathlib.Path) -> str:
    files = sorted(folder.glob("*.json"))
    read = {file.stem: json.loads(file.read_text("utf-8")) for file in files}
    names = list(read["en"])
    upper = name.upper()
    for file in files:
        if not LANGUAGE.fullmatch(file.stem):
            sys.exit(f"{file}: a catalogue is named by its language, two letters")
        same(file, set(names), set(read[file.stem]))
        for key in names:
            same(pathlib.Path(f"{file}: {key}"), set(FIELD.findall(read["en"][key])),
                 set(FIELD.findall(read[file.stem][key])))
    out = [f"/* Generated from the catalogues in {folder}. */", f"#ifndef LETHE_GEN_{upper}_MESSAGES_H",
           f"#define LETHE_GEN_{upper}_MESSAGES_H", f"enum {name}_message {{"]
    out += [f"    {upper}_MSG_{key.upper()}," for key in names]
    out += [f"    {upper}_MESSAGES,", "};", "static const struct {", "    const char *language;",
            f"    const char *text[{upper}_MESSAGES];", f"}} {name}_catalogue[] = {{"]
    for language, texts in read.items():
        out += ["    {", f"        .language = {quoted(language)},", "        .text =", "            {"]
        out += [f"                [{upper}_MSG_{key.upper()}] = {quoted(texts[key])}," for key in names]
        out += ["            },", "    },"]
    return "\n".join(out + ["};", "#endif", ""])


def letters(name: str, folder: pathlib.Path) -> str:
    files = sorted(folder.glob("*/*.txt"))
    wanted = {file.stem: set(FIELD.findall(file.read_text("utf-8"))) for file in files if file.parent.name == "en"}
    for language in sorted({file.parent for file in files}):
        if not LANGUAGE.fullmatch(language.name):
            sys.exit(f"{language}: a folder of letters is named by its language, two letters")
        same(language, set(wanted), {file.stem for file in language.glob("*.txt")})
    upper = name.upper()
    out = [f"/* Generated from the letters in {folder}. */", f"#ifndef LETHE_GEN_{upper}_LETTERS_H",
           f"#define LETHE_GEN_{upper}_LETTERS_H", "static const struct {",
           "    const char *name, *language, *text;", f"}} {name}_letters[] = {{"]
    for file in files:
        text = file.read_text("utf-8")
        same(file, wanted[file.stem], set(FIELD.findall(text)))
        out += ["    {", f"        .name = {quoted(file.stem)},", f"        .language = {quoted(file.parent.name)},",
                "        .text =", literal(text), "    },"]
    return "\n".join(out + ["};", "#endif", ""])


def main() -> None:
    kind, name, folder, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
    write_if_changed(out / f"{name}_{kind}.h", {"messages": messages, "letters": letters}[kind](name, folder))


if __name__ == "__main__":
    main()
