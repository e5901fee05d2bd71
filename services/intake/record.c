/* record: in which order changes count. Each field keeps the version of the newest word about it. */
#include "services/intake/record.h"

#include <string.h>

static int64_t word_about(const struct record_state *state, const struct policy_field *field, size_t *at)
{
    for (size_t i = 0; i < state->n; i++)
        if (state->entries[i].field == field) {
            *at = i;
            return state->entries[i].version;
        }
    *at = state->n;
    return state->full;
}

static size_t add_provenance(struct record_state *state, const struct provenance *provenance, struct arena *arena)
{
    struct provenance *grown = ARENA_ARRAY(arena, state->provenance_n + 1, struct provenance);

    if (state->provenance_n > 0)
        memcpy(grown, state->provenance, state->provenance_n * sizeof *grown);
    grown[state->provenance_n] = *provenance;
    state->provenance = grown;
    return state->provenance_n++;
}

/* Provenance that no field refers to any more goes; the first stays. */
static void prune_provenance(struct record_state *state, struct arena *arena)
{
    size_t *moved = ARENA_ARRAY(arena, state->provenance_n, size_t);
    bool *used = ARENA_ARRAY(arena, state->provenance_n, bool);
    size_t n = 0;

    used[0] = true;
    for (size_t i = 0; i < state->n; i++)
        used[state->entries[i].from] = true;
    for (size_t i = 0; i < state->provenance_n; i++) {
        moved[i] = n;
        if (used[i])
            state->provenance[n++] = state->provenance[i];
    }
    state->provenance_n = n;
    for (size_t i = 0; i < state->n; i++)
        state->entries[i].from = moved[state->entries[i].from];
}

static void take_newest(struct record_state *state, const struct change *change)
{
    if (change->version < state->version)
        return;
    state->version = change->version;
    state->category = change->category;
    state->act = change->provenance->act;
    state->captured_at = change->provenance->captured_at;
}

void state_begin(struct record_state *state, struct text system, struct text id, const struct change *change,
                 struct arena *arena)
{
    struct provenance *first = ARENA_NEW(arena, struct provenance);

    *first = *change->provenance;
    *state = (struct record_state){
        .system = system,
        .id = id,
        .version = change->version,
        .full = change->patch ? VERSION_ABSENT : change->version,
        .entries = change->entries,
        .n = change->n,
        .provenance = first,
        .provenance_n = 1,
    };
    take_newest(state, change);
}

/* Newer patches stay; the rest is what this change says. Its provenance takes the first place. */
static bool apply_full(struct record_state *state, const struct change *change, struct arena *arena)
{
    struct entry *merged = ARENA_ARRAY(arena, state->n + change->n, struct entry);
    struct provenance *provenance = ARENA_ARRAY(arena, state->provenance_n + 1, struct provenance);
    size_t n = 0, at;

    if (state->full != VERSION_ABSENT && change->version <= state->full)
        return false;
    for (size_t i = 0; i < state->n; i++)
        if (state->entries[i].version >= change->version) {
            merged[n] = state->entries[i];
            merged[n++].from++;
        }
    for (size_t i = 0; i < change->n; i++)
        if (word_about(state, change->entries[i].field, &at) < change->version || at == state->n)
            merged[n++] = change->entries[i];
    provenance[0] = *change->provenance;
    memcpy(provenance + 1, state->provenance, state->provenance_n * sizeof *provenance);
    state->provenance = provenance;
    state->provenance_n++;
    state->entries = merged;
    state->n = n;
    state->full = change->version;
    return true;
}

static bool apply_patch(struct record_state *state, const struct change *change, struct arena *arena)
{
    struct entry *merged = ARENA_ARRAY(arena, state->n + change->n, struct entry);
    size_t from = state->provenance_n, at;
    bool changed = false;

    if (state->n > 0)
        memcpy(merged, state->entries, state->n * sizeof *merged);
    state->entries = merged;
    for (size_t i = 0; i < change->n; i++) {
        int64_t known = word_about(state, change->entries[i].field, &at);
        if (known != VERSION_ABSENT && change->version <= known)
            continue;
        merged[at] = change->entries[i];
        merged[at].from = from;
        state->n += at == state->n;
        changed = true;
    }
    if (changed)
        (void)add_provenance(state, change->provenance, arena);
    return changed;
}

/* What another category brought in and the newest doesn't name goes. */
static void keep_named(struct record_state *state)
{
    size_t n = 0;

    for (size_t i = 0; i < state->n; i++) {
        struct entry entry = state->entries[i];
        entry.field = policy_field(state->category, text_of(entry.field->name));
        if (entry.field != NULL)
            state->entries[n++] = entry;
    }
    state->n = n;
}

static void into_category(struct change *change, const struct policy_category *category, struct arena *arena)
{
    struct entry *entries = ARENA_ARRAY(arena, change->n, struct entry);
    size_t n = 0;

    for (size_t i = 0; i < change->n; i++) {
        entries[n] = change->entries[i];
        entries[n].field = policy_field(category, text_of(change->entries[i].field->name));
        n += entries[n].field != NULL;
    }
    change->entries = entries;
    change->n = n;
}

bool state_apply(struct record_state *state, const struct change *change, struct arena *arena)
{
    struct change mine = *change;
    bool newer = change->version > state->version, changed;

    if (change->category != state->category && newer) {
        state->category = change->category;
        keep_named(state);
    } else if (change->category != state->category) {
        into_category(&mine, state->category, arena);
    }
    changed = change->patch ? apply_patch(state, &mine, arena) : apply_full(state, &mine, arena);
    if (!changed && !newer) /* a newer one counts without any field, too: its category, its act, its time */
        return false;
    mine.category = state->category;
    take_newest(state, &mine);
    prune_provenance(state, arena);
    return true;
}

bool state_needs_old(int64_t row_version, int64_t row_full, const struct change *change)
{
    (void)row_full;
    return change->patch || change->version <= row_version;
}

bool state_is_old(int64_t row_full, const struct change *change)
{
    return row_full != VERSION_ABSENT && change->version <= row_full;
}
