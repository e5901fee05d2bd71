/* rotation: an epoch's beginning and end, in the keyring and at the places of its KEK. */
#include "common/vault/rotation.h"

#include <string.h>

#include "common/service/service.h"
#include "common/vault/keyring.h"
#include "gen/vault_sql.h"

/* ---- deciding ------------------------------------------------------------------------------------------------------ */

enum rotation_step rotation_decide(const struct rotation *r, int64_t now_us)
{
    if (r->paused || r->current.epoch == 0)
        return ROTATION_REST;
    if (r->ending.epoch != 0)
        return r->destroying ? ROTATION_DESTROY : ROTATION_REWRAP;
    return r->wanted || (r->rotate_us != CLOCK_NONE && r->rotate_us <= now_us) ? ROTATION_BEGIN : ROTATION_REST;
}

int64_t rotation_destroy_by(int64_t rotate_us)
{
    return rotate_us + US_PER_DAY;
}

int64_t rotation_late_us(const struct rotation *r, int64_t now_us)
{
    int64_t by[] = {r->current.epoch != 0 ? r->destroy_by_us : CLOCK_NONE,
                    r->ending.epoch != 0 ? r->ending_by_us : CLOCK_NONE};
    int64_t late = 0;

    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++)
        if (by[i] != CLOCK_NONE && now_us - by[i] > late)
            late = now_us - by[i];
    return late;
}

/* ---- one question, one answer -------------------------------------------------------------------------------------- */

/* rows NULL: none are read. */
static enum outcome ask_once(struct vault *vault, const struct pg_statement *statement, struct pg_params *params,
                             struct pg_rows *rows, struct error *err)
{
    enum outcome outcome = keyring_ask(&vault->keyring, statement, params, rows, err);

    arena_free(params->arena);
    return outcome;
}

static void ready(struct pg_params *params)
{
    pg_params_init(params, arena_new());
}

static void take(const struct pg_rows *rows, struct rotation *r)
{
    struct text state = pg_get_text(rows, 0, 6);

    *r = (struct rotation){
        .created_us = pg_get_time(rows, 0, 1),
        .rotate_us = pg_get_time(rows, 0, 2),
        .destroy_by_us = pg_get_time(rows, 0, 3),
        .ending_by_us = pg_get_time(rows, 0, 7),
        .destroying = text_is(state, "destroying"),
        .acknowledged = !pg_is_null(rows, 0, 9),
        .escrow_agrees = !pg_is_null(rows, 0, 10),
        .wanted = pg_get_bool(rows, 0, 11),
        .paused = pg_get_bool(rows, 0, 12),
        .reached = pg_get_uuid(rows, 0, 13),
        .rewrapped = pg_get_int8(rows, 0, 14),
        .unreadable = pg_get_int8(rows, 0, 15),
    };
    if (!pg_is_null(rows, 0, 0))
        r->current = (struct rotation_epoch){pg_get_int4(rows, 0, 0), pg_get_bool(rows, 0, 4)};
    if (!pg_is_null(rows, 0, 5))
        r->ending = (struct rotation_epoch){pg_get_int4(rows, 0, 5), pg_get_bool(rows, 0, 8)};
    r->newest = pg_is_null(rows, 0, 16) ? 0 : pg_get_int4(rows, 0, 16);
}

enum outcome rotation_load(struct vault *vault, struct rotation *out, struct error *err)
{
    enum outcome outcome = DONE;
    struct pg_rows rows;

    TRY(keyring_ask(&vault->keyring, &vault_sql_rotation, NULL, &rows, err));
    if (rows.n == 1)
        take(&rows, out);
    else
        outcome = error_retry(err, "keyring", "the keyring has no row of its rotation");
    pg_rows_free(&rows);
    return outcome;
}

enum outcome rotation_plan(struct vault *vault, const struct rotation *r, int64_t rotate_us, struct error *err)
{
    struct pg_params params;

    ready(&params);
    pg_add_int4(&params, r->current.epoch);
    pg_add_time(&params, rotate_us);
    pg_add_time(&params, rotation_destroy_by(rotate_us));
    return ask_once(vault, &vault_sql_rotation_plan, &params, NULL, err);
}

enum outcome rotation_want(struct vault *vault, int wanted, int paused, struct error *err)
{
    struct pg_params params;

    ready(&params);
    for (int i = 0; i < 2; i++) {
        int value = i == 0 ? wanted : paused;
        if (value < 0)
            pg_add_null(&params);
        else
            pg_add_bool(&params, value != 0);
    }
    return ask_once(vault, &vault_sql_rotation_want, &params, NULL, err);
}

/* ---- beginning ------------------------------------------------------------------------------------------------------ */

static enum outcome copy_to_escrow(struct vault *vault, const struct kek_place *escrow, int32_t epoch,
                                   struct error *err)
{
    struct arena *arena = arena_new();
    const struct crypto_key *kek = NULL;
    enum outcome outcome = keyring_kek(&vault->keyring, epoch, arena, &kek, err);

    if (outcome == DONE)
        outcome = escrow->type->keep(escrow, epoch, kek, err);
    arena_free(arena);
    return outcome;
}

enum outcome rotation_escrow(struct vault *vault, const struct kek_place *escrow, const struct rotation *r,
                             struct error *err)
{
    struct pg_params params;

    if (escrow->type == NULL || r->current.epoch == 0 || r->current.escrowed)
        return DONE;
    TRY(copy_to_escrow(vault, escrow, r->current.epoch, err));
    ready(&params);
    pg_add_int4(&params, r->current.epoch);
    return ask_once(vault, &vault_sql_rotation_escrowed, &params, NULL, err);
}

/* The KEK is at its place, and in the escrow, before its row is in the keyring. What a crash leaves between the two is taken
 * up by the next attempt, since it has the same number. */
static enum outcome make_kek(struct vault *vault, const struct kek_place *escrow, int32_t epoch, bool *usable,
                             uint8_t proof[KEK_PROOF_BYTES], struct error *err)
{
    struct kek_ring *ring = &vault->keyring.keks;
    const struct crypto_key *kek = NULL;
    bool destroyed = false;

    TRY(ring->place.type->make(&ring->place, epoch, &destroyed, err));
    *usable = !destroyed;
    if (destroyed)
        return DONE;
    TRY(kek_get(ring, epoch, (struct bytes){0}, &kek, err));
    crash_point("keys.made");
    if (escrow->type != NULL)
        TRY(escrow->type->keep(escrow, epoch, kek, err));
    kek_proof(kek, epoch, proof);
    crash_point("keys.before-begin");
    return DONE;
}

enum { NUMBERS_TRIED = 10000 };

enum outcome rotation_begin(struct vault *vault, const struct kek_place *escrow, const struct rotation *r,
                            int64_t rotate_us, bool *begun, struct error *err)
{
    uint8_t proof[KEK_PROOF_BYTES];
    int32_t fresh = r->newest;
    struct pg_params params;
    struct pg_rows rows;
    bool usable = false;

    *begun = false;
    while (!usable && fresh - r->newest < NUMBERS_TRIED) /* a keyring from before may find its next numbers used up */
        TRY(make_kek(vault, escrow, ++fresh, &usable, proof, err));
    if (!usable)
        return error_retry(err, "kek", "the numbers %d to %d of epochs are used up", (int)r->newest + 1, (int)fresh);
    ready(&params);
    pg_add_int4(&params, r->current.epoch);
    pg_add_int4(&params, fresh);
    pg_add_bytes(&params, (struct bytes){proof, sizeof proof});
    pg_add_time(&params, rotate_us);
    pg_add_time(&params, rotation_destroy_by(rotate_us));
    pg_add_bool(&params, escrow->type != NULL);
    TRY(ask_once(vault, &vault_sql_rotation_begin, &params, &rows, err));
    *begun = rows.n == 1 && pg_get_bool(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

/* ---- ending --------------------------------------------------------------------------------------------------------- */

enum outcome rotation_retire(struct vault *vault, const struct rotation *r, int64_t *left, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    ready(&params);
    pg_add_int4(&params, r->ending.epoch);
    TRY(ask_once(vault, &vault_sql_rotation_retire, &params, &rows, err));
    *left = rows.n == 1 ? pg_get_int8(&rows, 0, 0) : -1;
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome acknowledge(struct vault *vault, int32_t epoch, const char *ack, const char *escrow_ack,
                                bool *destroyed, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    ready(&params);
    pg_add_int4(&params, epoch);
    pg_add_str(&params, ack);
    pg_add_str(&params, escrow_ack);
    TRY(ask_once(vault, &vault_sql_rotation_acknowledge, &params, &rows, err));
    *destroyed = rows.n == 1 && pg_get_bool(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome rotation_destroy(struct vault *vault, const struct kek_place *escrow, const struct rotation *r,
                              bool *destroyed, struct error *err)
{
    struct kek_ring *ring = &vault->keyring.keks;
    char ack[KEK_ACK_MOST];
    struct error why;

    *destroyed = false;
    ENSURE(r->destroying);
    kek_keep_from(ring, r->ending.epoch + 1);
    if (!r->acknowledged) {
        TRY(ring->place.type->destroy(&ring->place, r->ending.epoch, ack, err));
        crash_point("keys.destroyed");
        TRY(acknowledge(vault, r->ending.epoch, ack, NULL, destroyed, err));
    }
    if (!r->ending.escrowed || r->escrow_agrees)
        return r->acknowledged ? acknowledge(vault, r->ending.epoch, NULL, NULL, destroyed, err) : DONE;
    if (escrow->type == NULL)
        return error_retry(err, "escrow", "the KEK of epoch %d has a copy in an escrow, and none is configured",
                           (int)r->ending.epoch);
    if (escrow->type->destroy(escrow, r->ending.epoch, ack, &why) != DONE)
        return error_retry(err, "escrow", "%s", why.text); /* what lives needs no escrow: the service stays ready */
    crash_point("keys.escrow-destroyed");
    return acknowledge(vault, r->ending.epoch, NULL, ack, destroyed, err);
}

enum outcome rotation_dark_by(struct vault *vault, int64_t at_us, struct rotation_dark *out, struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    ready(&params);
    pg_add_time(&params, at_us);
    TRY(ask_once(vault, &vault_sql_dark_by, &params, &rows, err));
    *out = (struct rotation_dark){.epoch = pg_is_null(&rows, 0, 0) ? INT64_MIN : pg_get_int4(&rows, 0, 0),
                                  .by_us = pg_get_time(&rows, 0, 1),
                                  .late = pg_get_bool(&rows, 0, 2)};
    pg_rows_free(&rows);
    return DONE;
}

/* ---- showing -------------------------------------------------------------------------------------------------------- */

enum outcome rotation_epochs(struct vault *vault, struct arena *arena, struct epoch_row **out, size_t *n,
                             struct error *err)
{
    struct pg_rows rows;

    TRY(keyring_ask(&vault->keyring, &vault_sql_epochs, NULL, &rows, err));
    *n = (size_t)rows.n;
    *out = ARENA_ARRAY(arena, *n, struct epoch_row);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct epoch_row){
            .epoch = pg_get_int4(&rows, i, 0),
            .state = text_copy(arena, pg_get_text(&rows, i, 1)),
            .created_us = pg_get_time(&rows, i, 2),
            .rotate_us = pg_get_time(&rows, i, 3),
            .destroy_by_us = pg_get_time(&rows, i, 4),
            .retired_us = pg_get_time(&rows, i, 5),
            .emptied_us = pg_get_time(&rows, i, 6),
            .escrowed_us = pg_get_time(&rows, i, 7),
            .ack = text_copy(arena, pg_get_text(&rows, i, 8)),
            .escrow_ack = text_copy(arena, pg_get_text(&rows, i, 9)),
            .destroyed_us = pg_get_time(&rows, i, 10),
            .keys = pg_get_int8(&rows, i, 11),
        };
    pg_rows_free(&rows);
    return DONE;
}

const char *rotation_place(const struct vault *vault)
{
    const struct kek_place_type *type = vault->keyring.keks.place.type;

    return type == NULL ? "none" : type->name;
}
