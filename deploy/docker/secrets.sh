#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml mounts, once: secrets.sh [FOLDER], default build/compose.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-build/compose}
umask 077

random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
keep() { [ -s "$1" ] || random >"$1"; }

mkdir -p "$folder"/{postgres,keyring,env,keys,kek,ledger,escrow}
services="admin intake consent dedupe retention erasure mailer backup"
for service in $services; do keep "$folder/postgres/lethe_$service"; done
for schema in $services vault; do keep "$folder/postgres/${schema}_owner"; done
for service in intake dedupe consent mailer erasure backup; do keep "$folder/keyring/lethe_$service"; done
keep "$folder/keyring/keyring_owner"
keep "$folder/postgres-superuser"
keep "$folder/keyring-superuser"
for name in index.key internal.token admin.token signing.key sealing.key; do keep "$folder/keys/$name"; done

# What each service alone may know: its connection strings, as an env_file; the owners' only for `migrate`.
dsn() { # cluster role
    printf 'postgresql://%s:%s@%s:5432/lethe' "$2" "$(cat "$folder/$1/$2")" "$1"
}
for service in $services; do
    {
        printf 'LETHE_PG=%s\n' "$(dsn postgres "lethe_$service")"
        if [ -e "$folder/keyring/lethe_$service" ]; then printf 'LETHE_KEYRING=%s\n' "$(dsn keyring "lethe_$service")"; fi
    } >"$folder/env/$service.env"
    {
        cat "$folder/env/$service.env"
        printf 'LETHE_PG_OWNER=%s\n' "$(dsn postgres "${service}_owner")"
        if [ "$service" = intake ]; then
            printf 'LETHE_PG_VAULT_OWNER=%s\n' "$(dsn postgres vault_owner)"
            printf 'LETHE_KEYRING_OWNER=%s\n' "$(dsn keyring keyring_owner)"
        fi
    } >"$folder/env/$service-migrate.env"
done

# Each container's user must be able to read what it is given (10001: ours, 999: the postgres image's), and intake's
# to make KEKs.
if [ "$(id -u)" -eq 0 ]; then
    chown -R 10001 "$folder/keys" "$folder/kek" "$folder/ledger" "$folder/escrow"
    chown -R 999 "$folder/postgres" "$folder/keyring"
else
    chmod -R a+rX "$folder/keys" "$folder/postgres" "$folder/keyring"
    chmod a+rwx "$folder/kek" "$folder/ledger" "$folder/escrow"
fi
