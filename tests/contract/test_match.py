"""lethe-dedupe match and explain over a file: the bars that are kept on generated households, and that a file's order says
nothing."""
import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

from dedupe_quality import BINARY, COLUMNS, match, score  # noqa: E402
from households import FAMILY, GIVEN_F, GIVEN_M, households  # noqa: E402


@pytest.mark.parametrize("seed", [11, 12])
def test_households(tmp_path, seed):
    seen = score(households(seed, 5000), tmp_path)
    assert seen["false_auto"] <= 1
    assert seen["recall_after_review"] >= 0.95
    assert seen["reviews_per_1000"] <= 140


def test_the_files_order_says_nothing(tmp_path):
    rows = households(13, 1500)
    persons, reviews = match(rows, tmp_path)
    numbered = list(enumerate(rows))
    random.Random(1).shuffle(numbered)
    with (tmp_path / "in.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number, (row, _) in numbered:
            writer.writerow({"record_id": f"r{number}", **row})
    subprocess.run([BINARY, "match", "--in", tmp_path / "in.csv", "--out", tmp_path / "again.csv", "--reviews",
                    tmp_path / "asks.csv"], check=True, capture_output=True)
    with (tmp_path / "again.csv").open(newline="") as file:
        assert {row["record_id"]: row["person_id"] for row in csv.DictReader(file)} == persons
    with (tmp_path / "asks.csv").open(newline="") as file:
        assert [(row["record_a"], row["record_b"]) for row in csv.DictReader(file)] == reviews


NAMES = random.Random(3).sample([(given, family) for given in GIVEN_M + GIVEN_F for family in FAMILY], 3000)


def crowd(change):
    """3,000 records alike but for what `change` says of each."""
    return [({"given_name": "", "family_name": "", **change(number)}, number) for number in range(len(NAMES))]


def named(number):
    return {"given_name": NAMES[number][0], "family_name": NAMES[number][1]}


@pytest.mark.parametrize("rows", [
    crowd(lambda n: {"phone": "+4930901820", **named(n)}),
    crowd(lambda n: {"given_name": "Test", "family_name": "Test"}),
    crowd(lambda n: {"given_name": "Max", "family_name": "Mustermann"}),
    crowd(lambda n: {"street": "Am Wohnheim 1", "postcode": "10115", "city": "Berlin", **named(n)}),
    crowd(lambda n: {"given_name": "x" * 10000, "family_name": "😀" * 50, "email": "info@example.com"}),
    crowd(lambda n: {"given_name": "\u202e" + "\u05d0\u05d1\u05d2\u05d3"[n % 4] * 6, "family_name": "\u0645\u062d\u0645\u062f" * (n % 3 + 1)}),
    crowd(lambda n: {"given_name": ("Paul", "P\u0430ul", "\u03a1aul")[n % 3], "family_name": NAMES[n][1], "email": "sales@example.com"}),
], ids=["one phone", "test", "one name", "one house", "long and strange", "from the right", "homoglyphs"])
def test_a_crowd_is_not_joined(tmp_path, rows):
    persons, _ = match(rows, tmp_path)
    assert len(set(persons.values())) == len(rows)


def test_a_hundred_thousand_behind_one_switchboard(tmp_path):
    draw = random.Random(7)

    def word(syllables):
        return "".join(draw.choice("bdfgklmnprstvwz") + draw.choice("aeiou") for _ in range(syllables))
    rows = [({"given_name": word(3), "family_name": word(5), "phone": "+4930901820"}, number) for number in range(100000)]
    persons, reviews = match(rows, tmp_path)  # every pair would be five thousand million
    assert len(set(persons.values())) == len(rows) and len(reviews) <= 10


def test_training_goes_on_where_it_was_stopped(tmp_path):
    match(households(14, 6000), tmp_path)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    command = [BINARY, "train", "--in", tmp_path / "in.csv", "--weights"]
    rounds = subprocess.run([*command, whole], check=True, capture_output=True, text=True).stderr.splitlines()
    with subprocess.Popen([*command, parts], stderr=subprocess.PIPE, text=True) as stopped:
        first = stopped.stderr.readline()
        stopped.kill()
        told = 1 + len(stopped.stderr.readlines())
    assert first == rounds[0] + "\n"
    again = subprocess.run([*command, parts], check=True, capture_output=True, text=True).stderr.splitlines()
    assert again == rounds[len(rounds) - len(again):] and len(again) <= len(rounds) - told + 1
    assert parts.read_bytes() == whole.read_bytes()
    assert subprocess.run([*command, parts], check=True, capture_output=True).stderr == b""  # nothing is left to do
    subprocess.run([BINARY, "match", "--in", tmp_path / "in.csv", "--out", tmp_path / "weighed.csv", "--weights", whole],
                   check=True, capture_output=True)
    assert (tmp_path / "weighed.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


def test_what_a_sources_data_are_worth(tmp_path):
    good = {"given_name": "Ada", "family_name": "Quastenberg", "email": "ada@example.org", "phone": "+491701234567",
            "postcode": "10115", "source": "crm", "date_of_birth": "1980-01-02"}
    match([(good, 1), ({**good, "phone": "+491709999999", "date_of_birth": ""}, 1),
           ({"given_name": "test", "email": "info@example.org", "phone": "12", "postcode": "none", "date_of_birth": "1980-13-45", "source": "crm"}, 2),
           ({"email": "@@", "source": "shop"}, 3)], tmp_path)
    lines = subprocess.run([BINARY, "quality", "--in", tmp_path / "in.csv"], check=True, capture_output=True, text=True).stdout
    by_source = {line["source"]: line for line in map(json.loads, lines.splitlines())}
    assert by_source["crm"] == {"source": "crm", "records": 3, "email_missing": 0, "email_invalid": 0, "email_role": 1, "phone_missing": 0,
                                "phone_invalid": 1, "postcode_missing": 0, "postcode_invalid": 1, "name_missing": 1,
                                "birth_date_invalid": 1, "unreachable": 0, "duplicates": 1, "conflicting": 1}
    assert by_source["shop"]["email_invalid"] == by_source["shop"]["unreachable"] == 1
    assert "uastenberg" not in lines and "example" not in lines


def test_broken_weights_are_refused(tmp_path):
    match(households(15, 300), tmp_path)
    (tmp_path / "weights").write_text("lethe-dedupe weights 1\nperson 0 1 7\n")
    done = subprocess.run([BINARY, "match", "--in", tmp_path / "in.csv", "--out", tmp_path / "o.csv", "--weights", tmp_path / "weights"],
                          capture_output=True, text=True)
    assert done.returncode == 1 and "line 2" in done.stderr


def test_explained_without_values(tmp_path):
    match([({"given_name": "Robert", "family_name": "Quastenberg", "email": "robert.q@example.com"}, 1),
           ({"given_name": "Bob", "family_name": "Quastenberg", "email": "robert.q@example.com"}, 1)], tmp_path)
    said = subprocess.run([BINARY, "explain", "--in", tmp_path / "in.csv", "r0", "r1"], check=True, capture_output=True, text=True).stdout
    assert "given name: short form" in said and "email: same mailbox" in said
    assert "uastenberg" not in said and "obert" not in said


def test_what_is_wrong_is_said(tmp_path):
    (tmp_path / "in.csv").write_text("name\nx\n")
    done = subprocess.run([BINARY, "match", "--in", tmp_path / "in.csv", "--out", tmp_path / "o.csv"], capture_output=True, text=True)
    assert done.returncode == 1 and "record_id" in done.stderr
    assert subprocess.run([BINARY, "match"], capture_output=True).returncode == 2
