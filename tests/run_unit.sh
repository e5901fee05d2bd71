#!/usr/bin/env bash
# Runs cmocka tests: run_unit.sh BINARY... Prints what failed; the last line counts cases, ends with 1 where one failed.
set -uo pipefail

passed=0 failed=0 skipped=0
for binary in "$@"; do
    # TAP: one line a case, "ok", "not ok", or for a skipped one "not ok N # SKIP name"
    output=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout 300 "$binary" 2>&1)
    code=$?
    skip=$(grep -c '^not ok [0-9]* # SKIP' <<<"$output")
    bad=$(($(grep -c '^not ok' <<<"$output") - skip))
    good=$(grep -c '^ok' <<<"$output")
    # A crash, a sanitizer's finding or a time limit, without a failed case of its own.
    if [ "$code" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
    if [ "$good" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$skip" -eq 0 ]; then
        bad=1
        output="$output (no case ran)"
    fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if [ "$bad" -ne 0 ]; then
        printf 'FAILED %s (exit %d)\n%s\n' "$binary" "$code" "$output"
    fi
done
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
