/* lookup: what a batch must know before it decides, in few round trips. */
#include <string.h>

#include "gen/intake_sql.h"
#include "services/intake/store.h"

/* ---- tombstones --------------------------------------------------------------------------------------------------------- */

static enum outcome find_barriers(struct batch *batch, struct error *err)
{
    struct uuid *barriers = ARENA_ARRAY(batch->arena, batch->keys.n, struct uuid);
    int32_t *parts = ARENA_ARRAY(batch->arena, batch->keys.n, int32_t);
    size_t *at = ARENA_ARRAY(batch->arena, batch->keys.n, size_t), n = 0;
    struct pg_params params;
    struct pg_rows rows;

    for (size_t w = 0; w < batch->n; w++)
        for (size_t i = batch->works[w].stones_at; i < batch->works[w].stones_at + batch->works[w].stones_n; i++) {
            if (!batch->stones[i].stands || uuid_is_nil(&batch->stone_barriers[i]))
                continue;
            barriers[n] = batch->stone_barriers[i];
            parts[n] = batch->works[w].item->meta->partition;
            at[n++] = i;
        }
    if (n == 0)
        return DONE;
    pg_params_init(&params, batch->arena);
    pg_add_uuids(&params, barriers, n);
    pg_add_int4s(&params, parts, n);
    TRY(pg_exec(batch->call->pg, &intake_sql_barriers, &params, &rows, err));
    for (int i = 0; i < rows.n; i++)
        batch->stones[at[pg_get_int4(&rows, i, 0) - 1]].barrier_seen = true;
    pg_rows_free(&rows);
    return DONE;
}

static void read_stones(struct batch *batch, const struct asked *asked)
{
    struct forget_tombstone *tombstones;

    if (asked->keys_n == 0 || asked->stones->n == 0)
        return;
    tombstones = ARENA_ARRAY(batch->arena, asked->keys_n, struct forget_tombstone);
    forget_read_keys(asked->stones, asked->keys_n, tombstones);
    batch->any_stone = true;
    for (size_t i = 0; i < asked->keys_n; i++) {
        const struct forget_tombstone *tombstone = &tombstones[i];
        if (!tombstone->stands)
            continue;
        batch->stones[asked->keys_at + i] = (struct stone){.stands = true,
                                                           .restricted = tombstone->restricted,
                                                           .received_us = tombstone->received_us,
                                                           .request = tombstone->request};
        batch->stone_barriers[asked->keys_at + i] = tombstone->barrier;
    }
}

/* ---- rows --------------------------------------------------------------------------------------------------------------- */

static struct bytes copy_bytes(struct batch *batch, struct bytes in)
{
    uint8_t *copy;

    if (in.p == NULL)
        return in;
    copy = arena_alloc(batch->arena, in.n + 1);
    memcpy(copy, in.p, in.n);
    return (struct bytes){copy, in.n};
}

enum { ROW_RECORD, ROW_ENDED, ROW_RESTRICTED, ROW_REVISION };

static void read_row(struct batch *batch, const struct asked *asked, int row)
{
    const struct pg_rows *rows = asked->rows;
    int what = pg_get_int4(rows, row, 0);
    struct slot *slot;

    if (what == ROW_REVISION) {
        batch->rev_base = pg_get_int8(rows, row, 4);
        return;
    }
    slot = slot_at(batch, asked->slots[pg_get_int4(rows, row, 1) - 1]);
    switch (what) {
    case ROW_RECORD:
        slot->found = true;
        slot->record = pg_get_uuid(rows, row, 2);
        slot->version = (struct version){(enum version_kind)pg_get_int4(rows, row, 3), pg_get_int8(rows, row, 4)};
        slot->full = pg_is_null(rows, row, 5) ? VERSION_ABSENT : pg_get_int8(rows, row, 5);
        slot->rev = pg_get_int8(rows, row, 6);
        slot->restricted = slot->restricted || pg_get_bool(rows, row, 7);
        slot->created_us = pg_get_time(rows, row, 8);
        slot->sealed = copy_bytes(batch, pg_get_bytes(rows, row, 9));
        break;
    case ROW_ENDED:
        slot->ended = true;
        slot->ended_version = (struct version){(enum version_kind)pg_get_int4(rows, row, 3), pg_get_int8(rows, row, 4)};
        slot->ended_reason = (int)pg_get_int8(rows, row, 6);
        break;
    case ROW_RESTRICTED:
        slot->restricted = true;
        slot->request = pg_get_uuid(rows, row, 2);
        break;
    }
}

/* Slots that are new since the last piece; and those asked for already whose sealed state a patch wants only now. */
static void gather_slots(struct batch *batch, size_t from, size_t to, struct asked *asked)
{
    asked->slots = ARENA_ARRAY(batch->arena, batch->slots.n - batch->slots_asked + to - from, size_t);
    for (size_t i = from; i < to; i++) {
        size_t at = batch->works[i].slot;
        if (at >= batch->slots_asked || !batch->slots.items[at].wanted || batch->slots.items[at].sealed_asked)
            continue; /* NO_SLOT is above all */
        batch->slots.items[at].sealed_asked = true;
        asked->slots[asked->slots_n++] = at;
    }
    for (size_t at = batch->slots_asked; at < batch->slots.n; at++) {
        batch->slots.items[at].sealed_asked = batch->slots.items[at].wanted;
        asked->slots[asked->slots_n++] = at;
    }
    batch->slots_asked = batch->slots.n;
}

static enum outcome ask_rows(struct batch *batch, const struct asked *asked, struct error *err)
{
    struct hash *keys = ARENA_ARRAY(batch->arena, asked->slots_n, struct hash);
    bool *wanted = ARENA_ARRAY(batch->arena, asked->slots_n, bool);
    struct pg_params params;

    for (size_t i = 0; i < asked->slots_n; i++) {
        keys[i] = batch->slots.items[asked->slots[i]].key;
        wanted[i] = batch->slots.items[asked->slots[i]].wanted;
    }
    pg_params_init(&params, batch->arena);
    pg_add_hashes(&params, keys, asked->slots_n);
    pg_add_bools(&params, wanted, asked->slots_n);
    return pg_queue_rows(batch->call->pg, &intake_sql_lookup, &params, asked->rows, err);
}

enum outcome store_ask(struct batch *batch, size_t from, size_t to, struct error *err)
{
    struct asked *asked = LIST_ADD(&batch->asked, batch->arena);
    size_t keys_at = batch->keys_asked;

    *asked = (struct asked){.stones = ARENA_NEW(batch->arena, struct pg_rows),
                            .rows = ARENA_NEW(batch->arena, struct pg_rows),
                            .keys_at = keys_at,
                            .keys_n = batch->keys.n - keys_at};
    batch->keys_asked = batch->keys.n;
    gather_slots(batch, from, to, asked);
    if (asked->keys_n > 0)
        TRY(forget_ask_keys(batch->call, batch->keys.items + keys_at, asked->keys_n, asked->stones, err));
    TRY(ask_rows(batch, asked, err)); /* without any slot, too: it brings the revisions' base */
    pg_push(batch->call->pg);
    return DONE;
}

static enum outcome read_asked(struct batch *batch, struct error *err)
{
    batch->stones = ARENA_ARRAY(batch->arena, batch->keys.n, struct stone);
    batch->stone_barriers = ARENA_ARRAY(batch->arena, batch->keys.n, struct uuid);
    TRY(pg_flush(batch->call->pg, err));
    for (size_t i = 0; i < batch->asked.n; i++) {
        const struct asked *asked = &batch->asked.items[i];
        read_stones(batch, asked);
        for (int row = 0; row < asked->rows->n; row++)
            read_row(batch, asked, row);
    }
    store_forget_asked(batch);
    return batch->any_stone ? find_barriers(batch, err) : DONE;
}

void store_forget_asked(struct batch *batch)
{
    for (size_t i = 0; i < batch->asked.n; i++) {
        pg_rows_free(batch->asked.items[i].stones);
        pg_rows_free(batch->asked.items[i].rows);
    }
}

/* A full change older than a patch merges, too; that shows only once the rows are known. */
static enum outcome find_late_states(struct batch *batch, struct error *err)
{
    struct hash *keys = ARENA_ARRAY(batch->arena, batch->n, struct hash);
    bool *wanted = ARENA_ARRAY(batch->arena, batch->n, bool);
    size_t *at = ARENA_ARRAY(batch->arena, batch->n, size_t), n = 0;
    struct pg_params params;
    struct pg_rows rows;

    for (size_t i = 0; i < batch->n; i++) {
        const struct work *work = &batch->works[i];
        struct slot *slot = work->kind == WORK_CONTACT ? slot_at(batch, work->slot) : NULL;
        if (slot == NULL || !slot->found || slot->wanted || state_is_old(slot->full, &work->change) ||
            !state_needs_old(slot->version.value, slot->full, &work->change))
            continue;
        slot->wanted = wanted[n] = true;
        keys[n] = slot->key;
        at[n++] = work->slot;
    }
    if (n == 0)
        return DONE;
    pg_params_init(&params, batch->arena);
    pg_add_hashes(&params, keys, n);
    pg_add_bools(&params, wanted, n);
    TRY(pg_exec(batch->call->pg, &intake_sql_sealed_find, &params, &rows, err));
    for (int i = 0; i < rows.n; i++)
        slot_at(batch, at[pg_get_int4(&rows, i, 0) - 1])->sealed = copy_bytes(batch, pg_get_bytes(&rows, i, 1));
    pg_rows_free(&rows);
    return DONE;
}

/* Existing records that this batch may write: their keys, and whether they are being destroyed. */
static enum outcome find_keys(struct batch *batch, struct error *err)
{
    struct uuid *ids = ARENA_ARRAY(batch->arena, batch->slots.n, struct uuid);
    size_t *at = ARENA_ARRAY(batch->arena, batch->slots.n, size_t), n = 0;
    bool *found, *stands;
    uint8_t(*keys)[CRYPTO_KEY_BYTES];

    for (size_t i = 0; i < batch->slots.n; i++)
        if (batch->slots.items[i].found) {
            ids[n] = batch->slots.items[i].record;
            at[n++] = i;
        }
    if (n == 0)
        return DONE;
    stands = ARENA_ARRAY(batch->arena, n, bool);
    found = ARENA_ARRAY(batch->arena, n, bool);
    TRY(forget_check_ids(batch->call, ids, n, stands, err));
    TRY(vault_keys_find(batch->call->vault, ids, n, batch->arena, &keys, found, err));
    for (size_t i = 0; i < n; i++) {
        struct slot *slot = slot_at(batch, at[i]);
        slot->has_key = found[i];
        slot->key_bytes = keys[i];
        slot->blocked = stands[i] || (!found[i] && !slot->is_activity);
    }
    return DONE;
}

/* ---- activities --------------------------------------------------------------------------------------------------------- */

static enum outcome find_parts(struct batch *batch, const struct uuid *activities, const size_t *at, size_t n,
                               struct error *err)
{
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, batch->arena);
    pg_add_uuids(&params, activities, n);
    TRY(pg_exec(batch->call->pg, &intake_sql_parts, &params, &rows, err));
    for (int i = 0; i < rows.n; i++) {
        struct uuid activity = pg_get_uuid(&rows, i, 1);
        struct slot *slot;
        size_t k = 0;
        while (k < n && !uuid_equal(&activities[k], &activity))
            k++;
        ENSURE(k < n);
        slot = slot_at(batch, at[k]);
        if (slot->old_parts == NULL)
            slot->old_parts = ARENA_ARRAY(batch->arena, (size_t)rows.n, struct part);
        slot->old_parts[slot->old_parts_n++] = (struct part){
            .part_id = pg_get_uuid(&rows, i, 0),
            .role = pg_get_int4(&rows, i, 2),
            .staff = pg_get_bool(&rows, i, 3),
            .record_id = pg_get_uuid(&rows, i, 4),
            .ids = {.source = pg_get_hash(&rows, i, 5),
                    .email = pg_get_hash(&rows, i, 6),
                    .email_wide = pg_get_hash(&rows, i, 7),
                    .role_mailbox = pg_get_bool(&rows, i, 8)},
        };
    }
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome find_activities(struct batch *batch, struct error *err)
{
    struct hash *keys = ARENA_ARRAY(batch->arena, batch->slots.n, struct hash);
    struct uuid *ids;
    size_t *slots = ARENA_ARRAY(batch->arena, batch->slots.n, size_t), *at, n = 0, found = 0;
    struct pg_params params;
    struct pg_rows rows;

    for (size_t i = 0; i < batch->slots.n; i++)
        if (batch->slots.items[i].is_activity) {
            keys[n] = batch->slots.items[i].key;
            slots[n++] = i;
        }
    if (n == 0)
        return DONE;
    pg_params_init(&params, batch->arena);
    pg_add_hashes(&params, keys, n);
    TRY(pg_exec(batch->call->pg, &intake_sql_activities, &params, &rows, err));
    ids = ARENA_ARRAY(batch->arena, (size_t)rows.n, struct uuid);
    at = ARENA_ARRAY(batch->arena, (size_t)rows.n, size_t);
    for (int i = 0; i < rows.n; i++) {
        struct slot *slot = slot_at(batch, slots[pg_get_int4(&rows, i, 0) - 1]);
        slot->found = true;
        slot->record = ids[found] = pg_get_uuid(&rows, i, 1);
        at[found++] = slots[pg_get_int4(&rows, i, 0) - 1];
        slot->content = pg_get_uuid(&rows, i, 2);
        slot->version = (struct version){(enum version_kind)pg_get_int4(&rows, i, 3), pg_get_int8(&rows, i, 4)};
        slot->rev = pg_get_int8(&rows, i, 5);
        slot->partial = pg_get_bool(&rows, i, 6);
    }
    pg_rows_free(&rows);
    return found > 0 ? find_parts(batch, ids, at, found, err) : DONE;
}

/* ---- systems ------------------------------------------------------------------------------------------------------------ */

static bool is_known(struct intake *intake, struct text system)
{
    bool known = false;

    (void)pthread_mutex_lock(&intake->kinds_lock);
    for (size_t i = 0; i < intake->kinds_n && !known; i++)
        known = text_is(system, intake->kinds[i].system);
    (void)pthread_mutex_unlock(&intake->kinds_lock);
    return known;
}

static void remember_kind(struct intake *intake, struct text system, int kind)
{
    if (is_known(intake, system))
        return;
    (void)pthread_mutex_lock(&intake->kinds_lock);
    if (intake->kinds_n < SYSTEMS_MAX && system.n < sizeof intake->kinds[0].system) {
        memcpy(intake->kinds[intake->kinds_n].system, system.p, system.n);
        intake->kinds[intake->kinds_n].system[system.n] = '\0';
        intake->kinds[intake->kinds_n++].kind = kind;
    }
    (void)pthread_mutex_unlock(&intake->kinds_lock);
}

static enum outcome find_kinds(struct batch *batch, struct error *err)
{
    struct pg_rows rows;
    bool all = true;

    for (size_t i = 0; i < batch->slots.n && all; i++)
        all = (i > 0 && text_equal(batch->slots.items[i].system, batch->slots.items[i - 1].system)) ||
              is_known(batch->intake, batch->slots.items[i].system);
    if (all)
        return DONE;
    TRY(pg_exec(batch->call->pg, &intake_sql_kinds, NULL, &rows, err));
    for (int i = 0; i < rows.n; i++)
        remember_kind(batch->intake, pg_get_text(&rows, i, 0), pg_get_int4(&rows, i, 1));
    pg_rows_free(&rows);
    return DONE;
}

enum outcome store_lookup(struct batch *batch, struct error *err)
{
    TRY(read_asked(batch, err));
    TRY(find_kinds(batch, err));
    TRY(find_activities(batch, err));
    TRY(find_late_states(batch, err));
    return find_keys(batch, err);
}
