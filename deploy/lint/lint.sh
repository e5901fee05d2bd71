#!/usr/bin/env bash
# The format, clang-tidy, cppcheck and the layers: lint.sh [FILE...]; without files all of them.
# What clang-tidy has found clean is remembered by the hash of the preprocessed text, so a second run is short.
set -uo pipefail
cd "$(dirname "$0")/../.."

cache=build/lint
mkdir -p "$cache/tidy" "$cache/cppcheck"
failed=0

begin() { printf 'lint: %s\n' "$*"; }

if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(git ls-files -co --exclude-standard -- '*.c' '*.h' | sort)
fi
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep '\.c$')

begin "clang-format (${#files[@]} files)"
clang-format --dry-run -Werror "${files[@]}" || failed=1

begin "layers"
python3 deploy/lint/layers.py || failed=1

# The generated tables of SQL that sources include.
make --no-print-directory build/gen/.stamp >/dev/null || exit 1

packages="rdkafka hiredis libpq jansson libmicrohttpd libsodium libcurl libcyaml yaml-0.1 gmime-3.0 libidn2 icu-uc icu-i18n"
# shellcheck disable=SC2086
read -r -a flags <<<"-std=c17 -D_GNU_SOURCE -DLETHE_VERSION=\"0\" -I. -Ibuild/gen $(pkg-config --cflags $packages | sed 's/-I/-isystem /g')"

tidy_one() {
    local file=$1 key
    shift
    key=$({ cat .clang-tidy; clang -E "$@" "$file" 2>/dev/null || cat "$file"; } | sha256sum | cut -d' ' -f1)
    [ -e "$cache/tidy/$key" ] && return 0
    if clang-tidy --quiet "$file" -- "$@" 2>"$cache/tidy/$key.err"; then
        rm -f "$cache/tidy/$key.err"
        : >"$cache/tidy/$key"
        return 0
    fi
    grep -v 'warnings generated\|Suppressed\|warnings treated' "$cache/tidy/$key.err" >&2
    rm -f "$cache/tidy/$key.err"
    return 1
}
export -f tidy_one
export cache

begin "clang-tidy (${#sources[@]} files)"
if [ ${#sources[@]} -gt 0 ]; then
    printf '%s\0' "${sources[@]}" | xargs -0 -P "$(nproc)" -I{} bash -c 'tidy_one "$@"' _ {} "${flags[@]}" || failed=1
fi

begin "cppcheck"
if [ ${#sources[@]} -gt 0 ]; then
    # unusedStructMember, unreadVariable and the like are style; -Wextra has them
    cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --language=c --enable=warning,performance,portability \
        --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches --suppress=toomanyconfigs \
        --cppcheck-build-dir="$cache/cppcheck" -j "$(nproc)" -D_GNU_SOURCE -D__GNUC__=12 -I. -Ibuild/gen \
        "${sources[@]}" || failed=1
fi

if [ "$failed" -ne 0 ]; then
    begin "FINDINGS above"
else
    begin "clean"
fi
exit "$failed"
