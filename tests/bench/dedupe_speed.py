"""How fast lethe-dedupe's engine goes over whole files, and its memory; beside it a plain look-up by exact email over the same
file (awk), the least that any deduplication does."""
import csv
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

from dedupe_quality import BINARY, COLUMNS
from households import households
from measure import emit

SIZES = [int(n) for n in os.environ.get("BENCH_DEDUPE_RECORDS", "100000,1000000").split(",")]


def write_records(path, records):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number, (row, _) in enumerate(households(1000 + records, records)):
            writer.writerow({"record_id": f"r{number}", **row})


def speed():
    with tempfile.TemporaryDirectory() as folder:
        for records in SIZES:
            given = Path(folder) / "in.csv"
            write_records(given, records)
            began = time.monotonic()
            done = subprocess.run(["/usr/bin/time", "-v", BINARY, "match", "--in", given, "--out", Path(folder) / "out.csv"],
                                  check=True, capture_output=True, text=True)
            seconds = time.monotonic() - began
            peak = int(re.search(r"Maximum resident set size \(kbytes\): (\d+)", done.stderr)[1]) / 1024
            began = time.monotonic()
            subprocess.run(["awk", "-F,", '$5 != "" && seen[$5]++ {n++} END {print n}', given], check=True, capture_output=True)
            plain = records / (time.monotonic() - began)
            emit(f"dedupe.batch_{records}_records_per_s", records / seconds, "records/s", ratio=records / seconds / plain,
                 to=f"dedupe.exact_email_{records}_records_per_s", bound_by="comparing pairs", peak_mb=round(peak, 1))
            emit(f"dedupe.exact_email_{records}_records_per_s", plain, "records/s")
