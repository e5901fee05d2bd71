/* keyring: makes, finds, destroys and counts keys. A batch of new keys is one statement and one round trip. */
#include "common/vault/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/vault_sql.h"

enum { EPOCH_TRIES = 3 };

void keyring_init(struct keyring *keyring, const struct vault_config *config, const struct log *log)
{
    memset(keyring, 0, sizeof *keyring);
    keyring->pg = pg_new(config->keyring_dsn == NULL ? "" : config->keyring_dsn, "keyring", config->service, log);
    pg_plan_once(keyring->pg);
    keyring->maker = strdup(config->service);
    ENSURE(keyring->maker != NULL);
    kek_ring_init(&keyring->keks, config->kek_dir, config->kek_command);
}

void keyring_free(struct keyring *keyring)
{
    pg_free(keyring->pg);
    kek_ring_free(&keyring->keks);
    free(keyring->maker);
    memset(keyring, 0, sizeof *keyring);
}

enum outcome keyring_ask(struct keyring *keyring, const struct pg_statement *statement, const struct pg_params *params,
                         struct pg_rows *rows, struct error *err)
{
    enum outcome outcome = pg_exec(keyring->pg, statement, params, rows, err);

    if (outcome == RETRY)
        (void)snprintf(err->rule, sizeof err->rule, "keyring");
    return outcome;
}

/* ---- epochs ------------------------------------------------------------------------------------------------------- */

static enum outcome read_current(struct keyring *keyring, struct error *err)
{
    const struct crypto_key *kek;
    struct pg_rows rows;
    enum outcome outcome;

    keyring->looked_us = clock_monotonic_us();
    TRY(keyring_ask(keyring, &vault_sql_keys_current, NULL, &rows, err));
    if (rows.n == 1) {
        keyring->epoch = pg_get_int4(&rows, 0, 0);
        kek_keep_from(&keyring->keks, pg_get_int4(&rows, 0, 2));
        kek_check(&keyring->keks, keyring->epoch);
        outcome = kek_get(&keyring->keks, keyring->epoch, pg_get_bytes(&rows, 0, 1), &kek, err);
        if (outcome != DONE)
            keyring->epoch = 0;
    } else {
        outcome = error_retry(err, "kek", "the keyring has no current KEK; run lethe-intake migrate");
    }
    pg_rows_free(&rows);
    return outcome;
}

enum outcome keyring_ready(struct keyring *keyring, struct error *err)
{
    if (keyring->started) /* its connection is busy, and will tell */
        return DONE;
    return read_current(keyring, err); /* asked, not remembered: the connection may be lost and not know it */
}

enum outcome keyring_kek(struct keyring *keyring, int32_t epoch, struct arena *arena, const struct crypto_key **out,
                         struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    if ((*out = kek_find(&keyring->keks, epoch)) != NULL)
        return DONE;
    pg_params_init(&params, arena);
    pg_add_int4(&params, epoch);
    TRY(keyring_ask(keyring, &vault_sql_keys_epoch, &params, &rows, err));
    if (rows.n == 1) {
        kek_keep_from(&keyring->keks, pg_get_int4(&rows, 0, 2));
        outcome = kek_get(&keyring->keks, epoch, pg_get_bytes(&rows, 0, 1), out, err);
    } else {
        outcome = error_retry(err, "kek", "keys name the epoch %d, which the keyring doesn't know", (int)epoch);
    }
    pg_rows_free(&rows);
    return outcome;
}

/* ---- wrapping: the id is bound to its key ---------------------------------------------------------------------------- */

static enum outcome unwrap(struct keyring *keyring, const struct uuid *id, int32_t epoch, struct bytes wrapped,
                           struct arena *arena, uint8_t out[CRYPTO_KEY_BYTES], struct error *err)
{
    const struct crypto_key *kek = NULL;
    struct error ignored; /* it has no more to tell */

    TRY(keyring_kek(keyring, epoch, arena, &kek, err));
    if (wrapped.n != CRYPTO_WRAPPED_BYTES ||
        crypto_open(crypto_key_bytes(kek), wrapped.p, wrapped.n, id->b, sizeof id->b, out, &ignored) != DONE)
        return error_retry(err, "kek", "a key of the keyring isn't wrapped by the KEK of its epoch, %d", (int)epoch);
    return DONE;
}

/* The KEK that wraps new keys. One that went while it was in memory may have ended with its epoch: then another is current. */
static enum outcome current_kek(struct keyring *keyring, struct arena *arena, const struct crypto_key **out,
                                struct error *err)
{
    if (keyring->epoch != 0)
        kek_check(&keyring->keks, keyring->epoch);
    if (keyring->epoch == 0 || kek_find(&keyring->keks, keyring->epoch) == NULL)
        TRY(read_current(keyring, err));
    return keyring_kek(keyring, keyring->epoch, arena, out, err);
}

/* Random keys for n ids, and what keyring.put_v1 takes of them. */
static enum outcome make_keys(struct keyring *keyring, const struct uuid *ids, size_t n, struct arena *arena,
                              uint8_t (*keys)[CRYPTO_KEY_BYTES], struct pg_params *params, struct error *err)
{
    uint8_t(*wrapped)[CRYPTO_WRAPPED_BYTES] = arena_array(arena, n, sizeof *wrapped);
    struct bytes *views = ARENA_ARRAY(arena, n, struct bytes);
    const struct crypto_key *kek = NULL;

    TRY(current_kek(keyring, arena, &kek, err));
    crypto_random(keys, n * sizeof *keys);
    for (size_t i = 0; i < n; i++) {
        crypto_seal(crypto_key_bytes(kek), keys[i], sizeof keys[i], ids[i].b, sizeof ids[i].b, wrapped[i]);
        views[i] = (struct bytes){wrapped[i], sizeof wrapped[i]};
    }
    pg_params_init(params, arena);
    pg_add_int4(params, keyring->epoch);
    pg_add_uuids(params, ids, n);
    pg_add_bytes_array(params, views, n);
    pg_add_str(params, keyring->maker);
    return DONE;
}

/* ---- making and finding ---------------------------------------------------------------------------------------------- */

/* *written: how many were new; -1: the epoch is current no more. */
static enum outcome put(struct keyring *keyring, const struct pg_params *params, int32_t *written, struct error *err)
{
    struct pg_rows rows;

    TRY(keyring_ask(keyring, &vault_sql_keys_put, params, &rows, err));
    *written = rows.n == 1 ? pg_get_int4(&rows, 0, 0) : -1;
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome find(struct keyring *keyring, const struct uuid *ids, size_t n, struct arena *arena,
                         uint8_t (*keys)[CRYPTO_KEY_BYTES], bool *found, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome = DONE;

    memset(found, 0, n * sizeof *found);
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    TRY(keyring_ask(keyring, &vault_sql_keys_find, &params, &rows, err));
    for (int i = 0; i < rows.n && outcome == DONE; i++) {
        int32_t at = pg_get_int4(&rows, i, 0);
        ENSURE(at >= 1 && (size_t)at <= n);
        outcome = unwrap(keyring, &ids[at - 1], pg_get_int4(&rows, i, 1), pg_get_bytes(&rows, i, 2), arena,
                         keys[at - 1], err);
        found[at - 1] = true;
    }
    pg_rows_free(&rows);
    return outcome;
}

/* Some ids had keys already: those count, not the ones just made for them. */
static enum outcome read_back(struct keyring *keyring, const struct uuid *ids, size_t n, struct arena *arena,
                              uint8_t (*keys)[CRYPTO_KEY_BYTES], struct error *err)
{
    bool *found = ARENA_ARRAY(arena, n, bool);

    TRY(find(keyring, ids, n, arena, keys, found, err));
    for (size_t i = 0; i < n; i++)
        if (!found[i])
            return error_retry(err, "keyring", "a key was destroyed while it was being made");
    return DONE;
}

enum outcome vault_keys(struct vault *vault, const struct uuid *ids, size_t n, struct arena *arena,
                        uint8_t (**out)[CRYPTO_KEY_BYTES], struct error *err)
{
    struct keyring *keyring = &vault->keyring;
    struct pg_params params;
    int32_t written = -1;

    *out = arena_array(arena, n, sizeof **out);
    if (n == 0)
        return DONE;
    for (int i = 0; i < EPOCH_TRIES && written < 0; i++) {
        if (i > 0)
            keyring->epoch = 0;
        TRY(make_keys(keyring, ids, n, arena, *out, &params, err));
        TRY(put(keyring, &params, &written, err));
    }
    if (written < 0)
        return error_retry(err, "keyring", "the current KEK changes too often");
    return (size_t)written == n ? DONE : read_back(keyring, ids, n, arena, *out, err);
}

enum outcome vault_keys_find(struct vault *vault, const struct uuid *ids, size_t n, struct arena *arena,
                             uint8_t (**out)[CRYPTO_KEY_BYTES], bool *found, struct error *err)
{
    *out = arena_array(arena, n, sizeof **out);
    return n == 0 ? DONE : find(&vault->keyring, ids, n, arena, *out, found, err);
}

/* ---- making while the caller goes on ----------------------------------------------------------------------------------- */

enum outcome vault_keys_start(struct vault *vault, const struct uuid *ids, size_t n, struct arena *arena,
                              uint8_t (**out)[CRYPTO_KEY_BYTES], struct error *err)
{
    struct keyring *keyring = &vault->keyring;
    struct pg_params params;
    enum outcome outcome;

    ENSURE(!keyring->started);
    *out = arena_array(arena, n, sizeof **out);
    if (n == 0)
        return DONE;
    TRY(make_keys(keyring, ids, n, arena, *out, &params, err));
    outcome = pg_begin(keyring->pg, err);
    if (outcome == DONE)
        outcome = pg_queue(keyring->pg, &vault_sql_keys_put_all, &params, err);
    if (outcome == DONE)
        outcome = pg_commit_start(keyring->pg, err);
    keyring->started = outcome == DONE;
    if (outcome != DONE)
        pg_rollback(keyring->pg);
    if (outcome == RETRY)
        (void)snprintf(err->rule, sizeof err->rule, "keyring");
    return outcome;
}

enum outcome vault_keys_finish(struct vault *vault, bool *had, struct error *err)
{
    struct keyring *keyring = &vault->keyring;
    enum outcome outcome;

    *had = false;
    if (!keyring->started)
        return DONE;
    keyring->started = false;
    outcome = pg_commit_finish(keyring->pg, err);
    if (outcome == DONE)
        return DONE;
    *had = strstr(err->rule, "LT003") != NULL;
    pg_rollback(keyring->pg);
    keyring->epoch = 0; /* it may be that: read anew */
    if (outcome == RETRY)
        (void)snprintf(err->rule, sizeof err->rule, "keyring");
    return outcome == UNCERTAIN ? error_retry(err, "keyring", "the keys' commit has no answer") : outcome;
}

/* ---- destroying and counting -------------------------------------------------------------------------------------------- */

static enum outcome one_number(struct keyring *keyring, const struct pg_statement *statement, const struct uuid *ids,
                               size_t n, int64_t *number, struct error *err)
{
    struct arena *arena;
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    *number = 0;
    if (n == 0)
        return DONE;
    arena = arena_new();
    pg_params_init(&params, arena);
    pg_add_uuids(&params, ids, n);
    outcome = keyring_ask(keyring, statement, &params, &rows, err);
    if (outcome == DONE && rows.n == 1)
        *number = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    arena_free(arena);
    return outcome;
}

enum outcome vault_keys_destroy(struct vault *vault, const struct uuid *ids, size_t n, int64_t *destroyed,
                                struct error *err)
{
    return one_number(&vault->keyring, &vault_sql_keys_destroy, ids, n, destroyed, err);
}

enum outcome vault_keys_count(struct vault *vault, const struct uuid *ids, size_t n, int64_t *count, struct error *err)
{
    return one_number(&vault->keyring, &vault_sql_keys_count, ids, n, count, err);
}

enum outcome vault_keys_page(struct vault *vault, struct uuid *after, int64_t older_than_us, int most,
                             struct arena *arena, struct uuid_list *out, struct error *err)
{
    struct keyring *keyring = &vault->keyring;
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, arena);
    pg_add_time(&params, older_than_us);
    pg_add_uuid(&params, after);
    pg_add_int4(&params, most);
    TRY(keyring_ask(keyring, &vault_sql_keys_page, &params, &rows, err));
    *out = (struct uuid_list){.items = ARENA_ARRAY(arena, (size_t)rows.n, struct uuid)};
    *after = (struct uuid){0};
    for (int i = 0; i < rows.n; i++) {
        struct uuid id = pg_get_uuid(&rows, i, 0);
        if (pg_get_bool(&rows, i, 1))
            out->items[out->n++] = id;
        if (i == rows.n - 1 && rows.n == most)
            *after = id;
    }
    pg_rows_free(&rows);
    return DONE;
}

enum outcome vault_keys_sweep(struct vault *vault, int64_t older_than_us, const struct uuid *ids, size_t n,
                              struct arena *arena, int64_t *destroyed, struct error *err)
{
    struct keyring *keyring = &vault->keyring;
    struct pg_params params;
    struct pg_rows rows;

    *destroyed = 0;
    if (n == 0)
        return DONE;
    pg_params_init(&params, arena);
    pg_add_time(&params, older_than_us);
    pg_add_uuids(&params, ids, n);
    TRY(keyring_ask(keyring, &vault_sql_keys_sweep, &params, &rows, err));
    *destroyed = rows.n == 1 ? pg_get_int8(&rows, 0, 0) : 0;
    pg_rows_free(&rows);
    return DONE;
}
