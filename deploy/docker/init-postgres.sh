#!/bin/sh
# Runs once in the official postgres image (/docker-entrypoint-initdb.d): roles, schemas, then passwords from secrets.
# INIT_SQL names the script; every file <role> in PASSWORDS is the password of the role of that name.
set -eu
psql -v ON_ERROR_STOP=1 -q -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$INIT_SQL"
for file in "$PASSWORDS"/*; do
    role=$(basename "$file")
    psql -v ON_ERROR_STOP=1 -q -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
        -v role="$role" -v password="$(tr -d '\n' <"$file")" <<'SQL'
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
