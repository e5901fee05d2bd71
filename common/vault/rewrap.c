/* rewrap: living keys from under an old KEK to under the current one, page by page. */
#include "common/vault/rotation.h"

#include <string.h>

#include "common/service/service.h"
#include "common/vault/keyring.h"
#include "gen/vault_sql.h"

enum { REWRAP_PAGE = 2000 };

void rewrap_start(struct rewrap *w, struct vault *writer, struct vault *reader, const struct rotation *r)
{
    *w = (struct rewrap){.writer = writer,
                         .reader = reader,
                         .old = r->ending.epoch,
                         .fresh = r->current.epoch,
                         .reached = r->reached,
                         .arenas = {arena_new(), arena_new()}};
}

/* What keyring.rewrap_put_v1 takes: the keys that could be opened, under their new KEK. */
struct page {
    struct uuid *ids;
    struct bytes *wrapped;
    size_t n, looked_at;
    int64_t unreadable;
    struct uuid last;
};

static bool rewrap_one(const struct crypto_key *old, const struct crypto_key *fresh, const struct uuid *id,
                       struct bytes wrapped, uint8_t out[CRYPTO_WRAPPED_BYTES])
{
    uint8_t key[CRYPTO_KEY_BYTES];
    struct error ignored; /* what doesn't open is counted, and stays as it is */
    bool good = wrapped.n == CRYPTO_WRAPPED_BYTES &&
                crypto_open(crypto_key_bytes(old), wrapped.p, wrapped.n, id->b, sizeof id->b, key, &ignored) == DONE;

    if (good)
        crypto_seal(crypto_key_bytes(fresh), key, sizeof key, id->b, sizeof id->b, out);
    crypto_wipe(key, sizeof key);
    return good;
}

static enum outcome rewrap_rows(struct rewrap *w, const struct pg_rows *rows, struct arena *arena, struct page *page,
                                struct error *err)
{
    uint8_t(*wrapped)[CRYPTO_WRAPPED_BYTES] = arena_array(arena, (size_t)rows->n, sizeof *wrapped);
    const struct crypto_key *old = NULL, *fresh = NULL;

    TRY(keyring_kek(&w->reader->keyring, w->old, arena, &old, err));
    TRY(keyring_kek(&w->reader->keyring, w->fresh, arena, &fresh, err));
    for (int i = 0; i < rows->n; i++) {
        page->last = pg_get_uuid(rows, i, 0);
        if (rewrap_one(old, fresh, &page->last, pg_get_bytes(rows, i, 1), wrapped[page->n])) {
            page->ids[page->n] = page->last;
            page->wrapped[page->n] = (struct bytes){wrapped[page->n], CRYPTO_WRAPPED_BYTES};
            page->n++;
        } else {
            page->unreadable++;
        }
    }
    return DONE;
}

static enum outcome read_page(struct rewrap *w, struct arena *arena, struct page *page, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    pg_params_init(&params, arena);
    pg_add_int4(&params, w->old);
    pg_add_uuid(&params, &w->reached);
    pg_add_int4(&params, REWRAP_PAGE);
    TRY(keyring_ask(&w->reader->keyring, &vault_sql_rewrap_page, &params, &rows, err));
    *page = (struct page){.looked_at = (size_t)rows.n,
                          .ids = ARENA_ARRAY(arena, (size_t)rows.n, struct uuid),
                          .wrapped = ARENA_ARRAY(arena, (size_t)rows.n, struct bytes)};
    outcome = rows.n == 0 ? DONE : rewrap_rows(w, &rows, arena, page, err);
    pg_rows_free(&rows);
    return outcome;
}

static enum outcome settle(struct rewrap *w, struct error *err)
{
    struct pg *pg = w->writer->keyring.pg;
    enum outcome outcome;

    if (!w->writing)
        return DONE;
    w->writing = false;
    outcome = pg_commit_finish(pg, err);
    if (outcome == DONE)
        return DONE;
    pg_rollback(pg);
    /* committed or not, the next attempt goes on from where the keyring says it came to */
    return error_retry(err, "keyring", "a page of keys may not have been rewrapped");
}

static enum outcome write_page(struct rewrap *w, struct arena *arena, const struct page *page, struct error *err)
{
    struct pg *pg = w->writer->keyring.pg;
    struct pg_params params;
    enum outcome outcome;

    pg_params_init(&params, arena);
    pg_add_int4(&params, w->old);
    pg_add_int4(&params, w->fresh);
    pg_add_uuids(&params, page->ids, page->n);
    pg_add_bytes_array(&params, page->wrapped, page->n);
    pg_add_uuid(&params, &page->last);
    pg_add_int8(&params, page->unreadable);
    crash_point("keys.page");
    outcome = pg_begin(pg, err);
    if (outcome == DONE)
        outcome = pg_queue(pg, &vault_sql_rewrap_put, &params, err);
    if (outcome == DONE)
        outcome = pg_commit_start(pg, err);
    w->writing = outcome == DONE;
    if (outcome != DONE)
        pg_rollback(pg);
    return outcome == DONE ? DONE : error_retry(err, "keyring", "a page of keys could not be rewrapped");
}

/* The page is read and rewrapped while the one before it is being written. */
enum outcome rewrap_page(struct rewrap *w, bool *more, struct error *err)
{
    struct arena *arena = w->arenas[w->turn];
    struct page page;

    *more = true;
    arena_reset(arena, 2 << 20);
    TRY(read_page(w, arena, &page, err));
    TRY(settle(w, err));
    if (page.looked_at == 0) {
        *more = false;
        return DONE;
    }
    TRY(write_page(w, arena, &page, err));
    w->reached = page.last;
    w->done += (int64_t)page.n;
    w->unreadable += page.unreadable;
    w->turn = 1 - w->turn;
    return DONE;
}

void rewrap_stop(struct rewrap *w)
{
    struct error ignored; /* the keyring knows how far it came */

    (void)settle(w, &ignored);
    for (int i = 0; i < 2; i++)
        arena_free(w->arenas[i]);
    *w = (struct rewrap){0};
}
