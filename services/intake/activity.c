/* activity: the policy's word about content and persons. */
#include "services/intake/activity.h"

#include <string.h>

struct hash activity_key(const struct crypto_key *index_key, struct text system, struct text id, struct arena *arena)
{
    char *both = arena_alloc(arena, system.n + 1 + id.n);

    memcpy(both, system.p, system.n);
    memcpy(both + system.n + 1, id.p, id.n);
    return crypto_hash(index_key, "activity", (struct text){both, system.n + 1 + id.n});
}

static void admit_person(const struct policy *policy, const struct crypto_key *index_key,
                         const struct activity_person *in, struct arena *arena, struct part *out)
{
    struct text normal = TEXT_NONE;
    struct identifiers ids = {0};

    *out = (struct part){.role = in->role, .email = in->email, .name = in->name};
    if (in->email.p != NULL)
        (void)email_identifiers(in->email, index_key, arena, &ids, &normal);
    out->staff = in->role == ROLE_STAFF || (normal.p != NULL && policy_own_domain(policy, normal_email_domain(normal)));
    if (in->has_record) {
        out->system = in->record.system;
        out->id = in->record.id;
        ids.source = normal_key_source(index_key, in->record.system, in->record.id);
    }
    if (!out->staff)
        out->ids = ids;
}

static bool same_person(const struct part *a, const struct part *b)
{
    return a->role == b->role && a->staff == b->staff && text_equal(a->email, b->email) &&
           text_equal(a->system, b->system) && text_equal(a->id, b->id);
}

static void admit_persons(const struct policy *policy, const struct crypto_key *index_key,
                          const struct activity_person_list *in, struct arena *arena, struct activity *out)
{
    out->parts = ARENA_ARRAY(arena, in->n, struct part);
    out->n = 0;
    for (size_t i = 0; i < in->n; i++) {
        struct part *part = &out->parts[out->n];
        size_t k = 0;
        admit_person(policy, index_key, &in->items[i], arena, part);
        part->place = i;
        while (k < out->n && !same_person(&out->parts[k], part))
            k++;
        out->n += k == out->n;
    }
}

enum outcome activity_admit(const struct policy *policy, const struct crypto_key *index_key,
                            const struct activity_recorded *in, struct arena *arena, struct activity *out,
                            struct error *err)
{
    struct change fields = {0};

    memset(out, 0, sizeof *out);
    if (policy_source(policy, in->activity.system) == NULL)
        return error_refuse(err, "/data/activity/system", "not in policy", "the policy doesn't name this source");
    out->content = (struct activity_content){
        .system = in->activity.system,
        .id = in->activity.id,
        .category = policy_category(policy, in->category),
        .category_name = in->category,
        .occurred_at = in->occurred_at,
        .closed_at = in->closed_at,
        .warranty_until = in->warranty_until,
        .invoice_date = in->invoice_date,
    };
    if (out->content.category == NULL || !out->content.category->activity)
        return error_refuse(err, "/data/category", "not in policy", "the policy has no such category of activities");
    TRY(fields_admit(out->content.category, &in->fields, false, 0, arena, &fields, err));
    out->dropped = fields.dropped;
    out->content.fields.items = ARENA_ARRAY(arena, fields.n, struct scalar);
    for (size_t i = 0; i < fields.n; i++)
        out->content.fields.items[out->content.fields.n++] = fields.entries[i].value;
    admit_persons(policy, index_key, &in->persons, arena, out);
    return DONE;
}

static bool is_actor(const struct part *part)
{
    return !part->staff && (part->role == ROLE_CUSTOMER || part->role == ROLE_FROM);
}

static bool share_a_key(const struct part *a, const struct part *b)
{
    return (!hash_is_none(&a->ids.source) && hash_equal(&a->ids.source, &b->ids.source)) ||
           (!hash_is_none(&a->ids.email) && hash_equal(&a->ids.email, &b->ids.email));
}

bool activity_acts(const struct activity *activity, size_t part)
{
    const struct part *actor = &activity->parts[part];

    if (!is_actor(actor))
        return false;
    for (size_t i = 0; i < activity->n; i++)
        if (i != part && is_actor(&activity->parts[i]) && !share_a_key(actor, &activity->parts[i]))
            return false;
    return true;
}

size_t activity_persons(const struct activity *activity)
{
    size_t n = 0;

    for (size_t i = 0; i < activity->n; i++)
        n += !activity->parts[i].staff && !activity->parts[i].gone;
    return n;
}

static void add_date(struct named_date_list *dates, struct text name, int64_t at)
{
    if (at != CLOCK_NONE)
        dates->items[dates->n++] = (struct named_date){.name = name, .at = at};
}

static bool begins_a_rule(const struct policy_category *category, struct text name)
{
    for (size_t i = 0; i < category->rules_n; i++)
        if (text_is(name, category->rules[i].after))
            return true;
    return false;
}

struct named_date_list activity_dates(const struct activity_content *content, struct arena *arena)
{
    struct named_date_list dates = {.items = ARENA_ARRAY(arena, content->fields.n + 4, struct named_date)};
    int64_t at;

    add_date(&dates, TEXT("occurred_at"), content->occurred_at);
    add_date(&dates, TEXT("closed_at"), content->closed_at);
    add_date(&dates, TEXT("warranty_until"), content->warranty_until);
    add_date(&dates, TEXT("invoice_date"), content->invoice_date);
    for (size_t i = 0; content->category != NULL && i < content->fields.n; i++) {
        const struct scalar *value = &content->fields.items[i];
        const struct policy_field *field = policy_field(content->category, value->name);
        if (field != NULL && field->kind == PF_DATE && value->kind == SCALAR_TEXT &&
            begins_a_rule(content->category, value->name) && clock_parse(value->value, &at))
            add_date(&dates, value->name, at);
    }
    return dates;
}

struct key_list part_keys(const struct part *part, struct arena *arena)
{
    if (part->staff)
        return (struct key_list){0};
    return identifiers_keys(&part->ids, arena);
}
