#!/usr/bin/env bash
# Every test that a merge must pass, suite by suite; a table at the end, and last of all: N passed, N failed, N skipped
# ONLY="unit contract" runs some suites alone.
set -uo pipefail
cd "$(dirname "$0")/.."

jobs=$(nproc)
log=build/test
mkdir -p "$log"
passed=0 failed=0 skipped=0
table=()

# suite NAME COMMAND...: the suite's counts are in the last line of its output that has any.
suite() {
    local name=$1 began=$SECONDS code counts p=0 f=0 s=0
    shift
    if [ -n "${ONLY:-}" ] && [[ " $ONLY " != *" $name "* ]]; then return; fi
    printf '\n==== %s\n' "$name"
    "$@" 2>&1 | tee "$log/$name.log"
    code=${PIPESTATUS[0]}
    counts=$(grep -E '[0-9]+ (passed|failed|skipped|error)' "$log/$name.log" | tail -1)
    number() { grep -oE "[0-9]+ $1" <<<"$counts" | tail -1 | cut -d' ' -f1; }
    p=$(number passed) f=$(($(number failed || echo 0) + $(number error || echo 0))) s=$(number skipped)
    # A suite that only says yes or no, or that broke before it could count.
    if [ -z "$counts" ] && [ "$code" -eq 0 ]; then p=1; fi
    if [ "$code" -ne 0 ] && [ "${f:-0}" -eq 0 ]; then f=1; fi
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
    table+=("$(printf '%-14s %6d %6d %7d %6d s' "$name" "${p:-0}" "${f:-0}" "${s:-0}" $((SECONDS - began)))")
}

format() { git ls-files -co --exclude-standard -- '*.c' '*.h' | xargs -r clang-format --dry-run -Werror; }
make_quiet() { make --no-print-directory -s -j"$jobs" "$@"; }

suite format format
suite layers make_quiet layers
suite build make_quiet build
suite build-clang make_quiet FLAVOUR=debug CC=clang CXX=clang++ build
suite unit make_quiet FLAVOUR=asan unit
suite fuzz-replay make_quiet fuzz-replay
suite contract make_quiet contract
suite integration make_quiet integration
suite browser make_quiet browser
# What leases, jobs and limits carry, once more without Redis; `make test-no-redis` runs all so (about 12 minutes).
suite no-redis env LETHE_TEST_NO_REDIS=1 build/venv/bin/python -m pytest -q -n 2 --dist loadfile \
    tests/integration/test_{redis_stopped,runtime,expiries,retention}.py

printf '\n%-14s %6s %6s %7s\n' suite passed failed skipped
printf '%s\n' "${table[@]}"
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
