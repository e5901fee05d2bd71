#!/usr/bin/env python3
"""How well lethe-dedupe's engine tells who is whom, on sets whose truth is known: dedupe_quality.py [FOLDER].

FOLDER holds febrl1.csv, febrl2.csv and fake_1000.csv as published (default ../shared/data/dedupe beside the tree; without
it the generated households alone are measured). Truth is for measuring; the engine never sees it. Precision, recall and F1
are over pairs, of what is linked without a human; recall_after_review counts what reviews would add, answered rightly."""
import collections
import csv
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent)]

from households import households  # noqa: E402
from measure import emit  # noqa: E402

BINARY = ROOT / "build" / "release" / "bin" / "lethe-dedupe"
COLUMNS = "record_id given_name family_name date_of_birth email phone street city postcode country source".split()


def febrl(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        for row in rows:
            row = {(name or "").strip(): (value or "").strip() for name, value in row.items()}
            street = " ".join(part for part in (row["street_number"], row["address_1"], row["address_2"]) if part)
            yield ({"given_name": row["given_name"], "family_name": row["surname"], "date_of_birth": row["date_of_birth"],
                    "street": street, "city": row["suburb"], "postcode": row["postcode"], "country": "AU"},
                   row["rec_id"].split("-")[1])


def fake(path):
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield ({"given_name": row["first_name"], "family_name": row["surname"], "date_of_birth": row["dob"],
                    "city": row["city"], "email": row["email"]}, row["cluster"])


def without_births(rows):
    return [(dict(row, date_of_birth=""), person) for row, person in rows]


def pairs_of(groups):
    """Pairs within groups, counted: groups are lists of persons' numbers."""
    return sum(n * (n - 1) // 2 for n in groups)


def match(rows, folder):
    given = folder / "in.csv"
    with given.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number, (row, _) in enumerate(rows):
            writer.writerow({"record_id": f"r{number}", **row})
    subprocess.run([BINARY, "match", "--in", given, "--out", folder / "out.csv", "--reviews", folder / "reviews.csv"],
                   check=True, capture_output=True)
    with (folder / "out.csv").open(newline="") as file:
        persons = {row["record_id"]: row["person_id"] for row in csv.DictReader(file)}
    with (folder / "reviews.csv").open(newline="") as file:
        reviews = [(row["record_a"], row["record_b"]) for row in csv.DictReader(file)]
    return persons, reviews


def right_pairs(found, truth):
    """(pairs found, of them right)"""
    sizes = collections.Counter(found.values())
    both = collections.Counter((found[record], truth[record]) for record in found)
    return pairs_of(sizes.values()), pairs_of(both.values())


def reviewed(persons, reviews, truth):
    """The persons once a human has answered every question rightly."""
    parent = {person: person for person in persons.values()}

    def root(person):
        while parent[person] != person:
            person = parent[person]
        return person

    for a, b in reviews:
        if truth[a] == truth[b]:
            parent[root(persons[a])] = root(persons[b])
    return {record: root(person) for record, person in persons.items()}


def score(rows, folder):
    truth = {f"r{number}": person for number, (_, person) in enumerate(rows)}
    persons, reviews = match(rows, folder)
    true_pairs = pairs_of(collections.Counter(truth.values()).values())
    found, right = right_pairs(persons, truth)
    after_found, after_right = right_pairs(reviewed(persons, reviews, truth), truth)
    precision, recall = right / max(1, found), right / max(1, true_pairs)
    after_precision, after_recall = after_right / max(1, after_found), after_right / max(1, true_pairs)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-9, precision + recall),
            "false_auto": found - right, "reviews_per_1000": 1000 * len(reviews) / len(rows),
            "recall_after_review": after_recall,
            "f1_after_review": 2 * after_precision * after_recall / max(1e-9, after_precision + after_recall)}


def data_sets(data):
    sets = {}
    for name, reader in (("febrl1", febrl), ("febrl2", febrl), ("fake_1000", fake)):
        if (data / f"{name}.csv").exists():
            sets[name] = list(reader(data / f"{name}.csv"))
        else:
            print(f"bench: no {name}.csv in {data}: left out", file=sys.stderr)
    for seed in (1, 2, 3):
        sets[f"households{seed}"] = households(seed, 5000)
    for name in list(sets):
        sets[name + "_no_birth"] = without_births(sets[name])
    return sets


UNITS = {"false_auto": "pairs", "reviews_per_1000": "reviews"}


def quality(data=None):
    data = Path(data or os.environ.get("DEDUPE_DATA") or ROOT.parent / "shared" / "data" / "dedupe")
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in data_sets(data).items():
            for metric, value in score(rows, Path(folder)).items():
                emit(f"dedupe.{name}.{metric}", round(value, 4), UNITS.get(metric, "share"))


if __name__ == "__main__":
    quality(*sys.argv[1:])
