#!/usr/bin/env bash
# Installs what is missing, once, and says what: Debian packages, Kafka's jars, a python venv.
# usage: install.sh build   what a build needs
#        install.sh all     the local stack, tests and lint as well
#        install.sh browser what looks at the public pages (all tries it, too)
# With nothing missing it does nothing and takes a fraction of a second.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
kafka_version=4.1.0

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        command -v sudo >/dev/null || die "sudo is missing; as root run: $*"
        sudo "$@"
    fi
}

wanted_packages() {
    local groups=$1
    awk -v groups="$groups" 'index(" " groups " ", " " $1 " ") { print $2 }' "$here/packages.txt"
}

install_debian() {
    local groups=$1 missing=() wanted package installed
    mapfile -t wanted < <(wanted_packages "$groups")
    if ! command -v dpkg-query >/dev/null; then
        say "this is no Debian: taking for granted that these are there: ${wanted[*]}"
        return
    fi
    installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
    for package in "${wanted[@]}"; do
        grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing from Debian: ${missing[*]}"
    as_root apt-get update -q
    # RUNLEVEL=1 keeps the packages from starting daemons of their own. The stack never uses Debian's default
    # clusters or ports: it makes its own in LETHE_HOME.
    as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install -q -y --no-install-recommends "${missing[@]}"
}

install_kafka() {
    local folder="$root/build/kafka"
    [ -e "$folder/.complete-$kafka_version" ] && return
    say "fetching Apache Kafka $kafka_version by Maven coordinates into build/kafka"
    rm -rf "$folder.part"
    if mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder.part" \
        >"$root/build/kafka-fetch.log" 2>&1 && [ -n "$(find "$folder.part" -name "kafka_2.13-$kafka_version.jar")" ]; then
        rm -rf "$folder"
        mv "$folder.part" "$folder"
        : >"$folder/.complete-$kafka_version"
    else
        rm -rf "$folder.part"
        say "MAVEN CENTRAL CAN'T BE REACHED (build/kafka-fetch.log says why)."
        say "The local stack will run on librdkafka's mock cluster: in memory, nothing durable, no truncation."
    fi
}

install_venv() {
    local folder="$root/build/venv" stamp
    stamp="$folder/.complete-$(cksum <"$here/requirements.txt" | tr ' ' '-')"
    [ -e "$stamp" ] && return
    say "making a python venv in build/venv (deploy/setup/requirements.txt)"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
    : >"$stamp"
}

# What looks at the public pages. Where it can't be had, those tests are skipped and say so; nothing else needs it.
install_browser() {
    local folder="$root/build/axe" stamp
    stamp="$folder/.complete-$(cksum <"$here/requirements-browser.txt" | tr ' ' '-')"
    if ! (install_debian "browser"); then
        say "NO BROWSER: chromium can't be installed here; the tests of the public pages (tests/browser) are skipped."
        return
    fi
    [ -e "$stamp" ] && return
    say "fetching axe-core into build/axe (deploy/setup/requirements-browser.txt)"
    rm -rf "$folder"
    if python3 -m venv "$folder.venv" && "$folder.venv/bin/pip" install -q --disable-pip-version-check --no-deps \
        --target "$folder" -r "$here/requirements-browser.txt"; then
        : >"$stamp"
    else
        say "NO AXE-CORE: it can't be fetched; the tests of the public pages (tests/browser) are skipped."
    fi
    rm -rf "$folder.venv"
}

case "${1:-}" in
build)
    install_debian "build"
    ;;
all)
    mkdir -p "$root/build"
    install_debian "build run check"
    install_kafka
    install_venv
    install_browser
    ;;
browser)
    mkdir -p "$root/build"
    install_browser
    ;;
*)
    die "usage: install.sh build | all | browser"
    ;;
esac
