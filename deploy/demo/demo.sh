#!/usr/bin/env bash
# make demo: installs what is missing, builds, starts a fresh stack on free ports, plays the story, stops everything.
# KEEP=1 leaves the stack running and prints the console's address. The stack lies in build/demo (LETHE_DEMO_HOME for
# another folder): what `make up` runs in LETHE_HOME is never touched.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

deploy/setup/install.sh all
make --no-print-directory -j"$(nproc)" build

export LETHE_HOME=${LETHE_DEMO_HOME:-$root/build/demo}
export LETHE_PORT_BASE=free

python3 deploy/local/stack.py wipe

finish() {
    local result=$?
    if [ "${KEEP:-0}" = 1 ]; then
        # shellcheck disable=SC1091
        [ -e "$LETHE_HOME/stack.env" ] && . "$LETHE_HOME/stack.env"
        printf '\ndemo: left running in %s; console and API: %s, token in %s\n' "$LETHE_HOME" "${LETHE_ADMIN_URL:-?}" \
            "$LETHE_HOME/secrets/admin.token"
        printf 'demo: stop it with  LETHE_HOME=%s make down\n' "$LETHE_HOME"
    elif [ "$result" -ne 0 ]; then
        LETHE_HOME="$LETHE_HOME" python3 deploy/local/stack.py down || true
        printf '\ndemo: FAILED; logs and data stay in %s\n' "$LETHE_HOME" >&2
    else
        python3 deploy/local/stack.py wipe
    fi
    exit "$result"
}
trap finish EXIT

python3 deploy/local/stack.py up
build/venv/bin/python deploy/demo/play.py
