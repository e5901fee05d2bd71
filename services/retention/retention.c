/* retention: when a record, an activity or a person's part of one is due. Pure. */
#include "services/retention/retention.h"

#include <stdlib.h>
#include <string.h>

#include "proto/contact.h"

/* ---- when ----------------------------------------------------------------------------------------------------------- */

static int64_t date_of(const struct retained_dates *dates, const char *name)
{
    if (strcmp(name, "last_use") == 0)
        return dates->last_use;
    if (strcmp(name, "captured_at") == 0)
        return dates->base;
    for (size_t i = 0; i < dates->dates.n; i++)
        if (text_is(dates->dates.items[i].name, name) && dates->dates.items[i].at != CLOCK_NONE)
            return dates->dates.items[i].at;
    return dates->base;
}

static bool names_role(const struct policy_rule *rule, const char *role)
{
    for (const char *const *r = rule->roles; r != NULL && *r != NULL; r++)
        if (strcmp(*r, role) == 0)
            return true;
    return false;
}

static bool applies(const struct policy_rule *rule, enum retained what, const char *role, bool role_has_own)
{
    if (what == RETAINED_RECORD)
        return true;
    if (what == RETAINED_PART && role_has_own)
        return names_role(rule, role);
    return rule->roles == NULL;
}

void decide_due(const struct policy_category *category, enum retained what, const char *role,
                const struct retained_dates *dates, struct due *out)
{
    bool role_has_own = false;

    *out = (struct due){.at = CLOCK_NONE};
    if (category == NULL)
        return;
    for (size_t i = 0; i < category->rules_n && what == RETAINED_PART; i++)
        role_has_own = role_has_own || names_role(&category->rules[i], role);
    for (size_t i = 0; i < category->rules_n; i++) {
        const struct policy_rule *rule = &category->rules[i];
        int64_t at;
        if (!applies(rule, what, role, role_has_own))
            continue;
        out->by_last_use = out->by_last_use || strcmp(rule->after, "last_use") == 0;
        at = date_of(dates, rule->after);
        if (rule->from == FROM_END_OF_YEAR)
            at = clock_end_of_year(at);
        at = duration_add(at, rule->keep);
        if (out->rule == NULL || at > out->at) {
            out->at = at;
            out->rule = rule->id;
        }
    }
}

bool decide_used(int role, bool staff)
{
    return !staff && (role == ROLE_CUSTOMER || role == ROLE_FROM || role == ROLE_TO);
}

/* ---- dates ---------------------------------------------------------------------------------------------------------- */

struct bytes dates_pack(struct named_date_list dates, struct arena *arena)
{
    size_t room = 1, n = 0;
    uint8_t *out;

    for (size_t i = 0; i < dates.n; i++)
        room += 1 + dates.items[i].name.n + 8;
    out = ARENA_ARRAY(arena, room, uint8_t);
    for (size_t i = 0; i < dates.n; i++) {
        const struct named_date *date = &dates.items[i];
        uint64_t at = (uint64_t)date->at;
        if (date->name.n == 0 || date->name.n > UINT8_MAX)
            continue;
        out[n++] = (uint8_t)date->name.n;
        memcpy(out + n, date->name.p, date->name.n);
        n += date->name.n;
        for (int b = 7; b >= 0; b--)
            out[n++] = (uint8_t)(at >> (8 * b));
    }
    return (struct bytes){.p = out, .n = n};
}

struct named_date_list dates_unpack(struct bytes packed, struct arena *arena)
{
    struct named_date_list out = {.items = ARENA_ARRAY(arena, packed.n / 10 + 1, struct named_date)};

    for (size_t at = 0; at < packed.n;) {
        size_t length = packed.p[at++];
        struct named_date *date = &out.items[out.n];
        uint64_t time = 0;
        if (length == 0 || packed.n - at < length + 8)
            break; /* a row that isn't ours */
        date->name = text_copy(arena, (struct text){.p = (const char *)packed.p + at, .n = length});
        at += length;
        for (int b = 0; b < 8; b++)
            time = time << 8 | packed.p[at++];
        date->at = (int64_t)time;
        out.n++;
    }
    return out;
}

/* ---- expiries ------------------------------------------------------------------------------------------------------- */

static int by_expiry(const void *a, const void *b)
{
    const struct due_item *x = a, *y = b;
    int order = uuid_compare(&x->expiry, &y->expiry);

    if (order == 0)
        order = text_compare(x->rule, y->rule);
    if (order == 0)
        order = (x->kind > y->kind) - (x->kind < y->kind);
    return order != 0 ? order : uuid_compare(&x->id, &y->id);
}

static struct uuid_list *list_of(struct retention_expired *expired, int kind)
{
    switch (kind) {
    case RETAINED_RECORD:
        return &expired->records;
    case RETAINED_ACTIVITY:
        return &expired->activities;
    default:
        return &expired->parts;
    }
}

void decide_expiries(struct due_item *items, size_t n, int64_t now, struct arena *arena, struct expiries *out)
{
    struct uuid *ids = ARENA_ARRAY(arena, n + 1, struct uuid);

    *out = (struct expiries){.items = ARENA_ARRAY(arena, n + 1, struct retention_expired),
                             .of = ARENA_ARRAY(arena, n + 1, uint32_t)};
    qsort(items, n, sizeof(*items), by_expiry);
    for (size_t i = 0; i < n; i++) {
        struct uuid_list *list;
        if (i == 0 || !uuid_equal(&items[i].expiry, &items[i - 1].expiry) ||
            !text_equal(items[i].rule, items[i - 1].rule))
            out->items[out->n++] =
                (struct retention_expired){.expiry = items[i].expiry, .rule = items[i].rule, .at = now};
        out->of[i] = (uint32_t)out->n - 1;
        ids[i] = items[i].id;
        list = list_of(&out->items[out->n - 1], items[i].kind);
        if (list->n == 0)
            list->items = &ids[i]; /* items of one kind lie side by side */
        list->n++;
    }
}
