/* vault: seals and unseals, puts, opens and deletes rows through the functions of the schema `vault`. */
#include "common/vault/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "gen/vault_sql.h"

const char *const vault_kind_names[VAULT_KINDS + 1] = {
    [VAULT_RECORD] = "record",   [VAULT_ACTIVITY] = "activity",     [VAULT_PART] = "part",
    [VAULT_ADDRESS] = "address", [VAULT_EVIDENCE] = "evidence",     [VAULT_MAIL] = "mail",
    [VAULT_REQUEST] = "request", [VAULT_QUARANTINE] = "quarantine",
};

struct vault *vault_new(const struct vault_config *config, const struct log *log)
{
    struct vault *vault = calloc(1, sizeof *vault);

    ENSURE(vault != NULL);
    keyring_init(&vault->keyring, config, log);
    return vault;
}

void vault_free(struct vault *vault)
{
    if (vault == NULL)
        return;
    keyring_free(&vault->keyring);
    free(vault);
}

enum outcome vault_ready(struct vault *vault, struct error *err)
{
    return keyring_ready(&vault->keyring, err);
}

void vault_let_go(struct vault *vault)
{
    struct keyring *keyring = &vault->keyring;
    struct error ignored; /* whoever needs the vault will tell */

    if (keyring->keks.n == 0 || pg_in_transaction(keyring->pg) ||
        clock_monotonic_us() - keyring->looked_us < MINUTES(1))
        return;
    if (keyring_ready(keyring, &ignored) != DONE)
        keyring->looked_us = clock_monotonic_us();
}

bool vault_away(const struct error *err)
{
    return strcmp(err->rule, "kek") == 0 || strcmp(err->rule, "keyring") == 0;
}

/* ---- sealing ------------------------------------------------------------------------------------------------------ */

struct bytes vault_seal(const uint8_t key[CRYPTO_KEY_BYTES], const struct uuid *id, struct text plain,
                        struct arena *arena)
{
    size_t n = plain.n + CRYPTO_SEAL_OVERHEAD;
    uint8_t *out = arena_alloc(arena, n);

    crypto_seal(key, plain.p, plain.n, id->b, sizeof id->b, out);
    return (struct bytes){out, n};
}

enum outcome vault_unseal(const uint8_t key[CRYPTO_KEY_BYTES], const struct uuid *id, struct bytes sealed,
                          struct arena *arena, struct text *out, struct error *err)
{
    size_t n = sealed.n < CRYPTO_SEAL_OVERHEAD ? 0 : sealed.n - CRYPTO_SEAL_OVERHEAD;
    char *plain = arena_alloc(arena, n + 1);

    TRY(crypto_open(key, sealed.p, sealed.n, id->b, sizeof id->b, (uint8_t *)plain, err));
    *out = (struct text){plain, n};
    return DONE;
}

/* ---- items -------------------------------------------------------------------------------------------------------- */

enum outcome vault_put(struct vault *vault, struct pg *pg, const struct vault_item *items, size_t n,
                       struct arena *arena, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(arena, n, struct uuid), *owners = ARENA_ARRAY(arena, n, struct uuid);
    int32_t *kinds = ARENA_ARRAY(arena, n, int32_t);
    struct bytes *sealed = ARENA_ARRAY(arena, n, struct bytes);
    int64_t *expires = ARENA_ARRAY(arena, n, int64_t);
    uint8_t(*keys)[CRYPTO_KEY_BYTES];
    struct pg_params params;

    if (n == 0)
        return DONE;
    for (size_t i = 0; i < n; i++) {
        ids[i] = items[i].id;
        owners[i] = items[i].owner;
        kinds[i] = (int32_t)items[i].kind;
        expires[i] = items[i].expires_us;
    }
    TRY(vault_keys(vault, ids, n, arena, &keys, err));
    for (size_t i = 0; i < n; i++)
        sealed[i] = vault_seal(keys[i], &ids[i], items[i].plain, arena);
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_uuids(&params, owners, n);
    pg_add_int4s(&params, kinds, n);
    pg_add_bytes_array(&params, sealed, n);
    pg_add_times(&params, expires, n);
    return pg_in_transaction(pg) ? pg_queue(pg, &vault_sql_put, &params, err)
                                 : pg_exec(pg, &vault_sql_put, &params, NULL, err);
}

struct opened {
    struct uuid id;
    struct bytes sealed;
    struct text plain;
};

static int compare_opened(const void *a, const void *b)
{
    return uuid_compare(&((const struct opened *)a)->id, &((const struct opened *)b)->id);
}

static enum outcome unseal_all(struct vault *vault, struct opened *opened, size_t n, struct arena *arena,
                               struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(arena, n, struct uuid);
    bool *found = ARENA_ARRAY(arena, n, bool);
    uint8_t(*keys)[CRYPTO_KEY_BYTES];

    for (size_t i = 0; i < n; i++)
        ids[i] = opened[i].id;
    TRY(vault_keys_find(vault, ids, n, arena, &keys, found, err));
    for (size_t i = 0; i < n; i++)
        if (found[i])
            TRY(vault_unseal(keys[i], &ids[i], opened[i].sealed, arena, &opened[i].plain, err));
    return DONE;
}

static enum outcome fetch(struct pg *pg, const struct uuid *ids, size_t n, const char *reason, const struct uuid *actor,
                          struct arena *arena, struct opened **out, size_t *out_n, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    pg_add_str(&params, reason);
    pg_add_uuid(&params, actor);
    TRY(pg_exec(pg, &vault_sql_open, &params, &rows, err));
    *out_n = (size_t)rows.n;
    *out = ARENA_ARRAY(arena, *out_n, struct opened);
    for (int i = 0; i < rows.n; i++) {
        struct bytes sealed = pg_get_bytes(&rows, i, 1);
        uint8_t *copy = arena_alloc(arena, sealed.n + 1);
        memcpy(copy, sealed.p, sealed.n);
        (*out)[i] = (struct opened){.id = pg_get_uuid(&rows, i, 0), .sealed = {copy, sealed.n}};
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome vault_open(struct vault *vault, struct pg *pg, const struct uuid *ids, size_t n, const char *reason,
                        const struct uuid *actor, struct arena *arena, struct text *out, struct error *err)
{
    struct opened *opened;
    size_t opened_n;

    for (size_t i = 0; i < n; i++)
        out[i] = TEXT_NONE;
    if (n == 0)
        return DONE;
    TRY(fetch(pg, ids, n, reason, actor, arena, &opened, &opened_n, err));
    if (opened_n == 0)
        return DONE;
    TRY(unseal_all(vault, opened, opened_n, arena, err));
    qsort(opened, opened_n, sizeof *opened, compare_opened);
    for (size_t i = 0; i < n; i++) {
        const struct opened key = {.id = ids[i]};
        const struct opened *hit = bsearch(&key, opened, opened_n, sizeof *opened, compare_opened);
        if (hit != NULL)
            out[i] = hit->plain;
    }
    return DONE;
}

enum outcome vault_delete(struct vault *vault, struct pg *pg, const struct uuid *ids, size_t n, struct arena *arena,
                          int64_t *rows_gone, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    (void)vault;
    *rows_gone = 0;
    if (n == 0)
        return DONE;
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    TRY(pg_exec(pg, &vault_sql_delete, &params, &rows, err));
    *rows_gone = rows.n == 1 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}
