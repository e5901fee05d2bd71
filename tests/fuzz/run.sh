#!/usr/bin/env bash
# Fuzzers: run.sh SECONDS BINARY... runs each so long; run.sh replay BINARY... only replays the corpus.
# The corpus of fuzz_NAME is tests/fuzz/corpus/NAME; what a run finds anew goes to build/fuzz/corpus/NAME.
set -uo pipefail
cd "$(dirname "$0")/../.."

how=$1
shift
passed=0 failed=0
for binary in "$@"; do
    name=$(basename "$binary")
    name=${name#fuzz_}
    kept=tests/fuzz/corpus/$name
    grown=build/fuzz/corpus/$name
    findings=build/fuzz/findings/$name
    mkdir -p "$grown" "$findings"
    folders=("$grown")
    [ -d "$kept" ] && folders+=("$kept")
    if [ "$how" = replay ]; then
        options=(-runs=0)
        folders=("${folders[@]:1}")
    else
        options=(-max_total_time="$how" -timeout=10 -rss_limit_mb=1024)
    fi
    if output=$("$binary" "${options[@]}" -max_len=65536 -artifact_prefix="$findings/" "${folders[@]}" 2>&1); then
        passed=$((passed + 1))
        printf 'fuzz %s: %s\n' "$name" "$(grep -E 'DONE|INITED|Executed|Done' <<<"$output" | tail -1)"
    else
        failed=$((failed + 1))
        printf 'FAILED fuzz %s\n%s\n' "$name" "$(tail -60 <<<"$output")"
    fi
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
