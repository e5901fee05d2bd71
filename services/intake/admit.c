/* admit: the policy's word about each field of an event. */
#include "services/intake/record.h"

#include <stdio.h>
#include <string.h>

static enum outcome refuse_field(struct error *err, struct text name, const char *rule, const char *why)
{
    char pointer[sizeof err->pointer];

    (void)snprintf(pointer, sizeof pointer, "/data/fields/%.*s", TEXT_ARGS(name));
    return error_refuse(err, pointer, rule, "%s", why);
}

/* A value of the wrong JSON type. Numbers are taken as texts (a postcode), texts are not taken as numbers. */
static bool type_fits(const struct policy_field *field, const struct scalar *value)
{
    switch (field->kind) {
    case PF_NUMBER:
        return value->kind == SCALAR_NUMBER;
    case PF_BOOL:
        return value->kind == SCALAR_BOOL;
    case PF_TEXT:
    case PF_PHONE:
        return value->kind == SCALAR_TEXT || value->kind == SCALAR_NUMBER;
    case PF_EMAIL:
    case PF_SURNAME:
    case PF_COUNTRY:
    case PF_LANGUAGE:
    case PF_DATE:
        return value->kind == SCALAR_TEXT;
    }
    return false;
}

/* Does the value normalise? Only where the policy refuses what doesn't. */
static bool is_valid(const struct policy_field *field, const struct scalar *value, struct arena *arena)
{
    struct text normal;
    int64_t at;

    switch (field->kind) {
    case PF_EMAIL:
        return normal_email(value->value, arena, &normal);
    case PF_PHONE:
        return value->value.n >= 3;
    case PF_COUNTRY:
        return value->value.n == 2;
    case PF_LANGUAGE:
        return value->value.n >= 2 && value->value.n <= 35;
    case PF_DATE:
        return clock_parse(value->value, &at);
    case PF_TEXT:
    case PF_SURNAME:
    case PF_NUMBER:
    case PF_BOOL:
        return true;
    }
    return false;
}

static enum outcome check_value(const struct policy_field *field, const struct scalar *value, struct arena *arena,
                                struct error *err)
{
    if (value->kind == SCALAR_NULL)
        return DONE;
    if (!type_fits(field, value))
        return refuse_field(err, value->name, "type", "the value is not of the field's kind");
    if ((int64_t)value->value.n > field->most)
        return refuse_field(err, value->name, "too long", "the value is longer than the policy allows");
    if (!field->keep_on_invalid && !is_valid(field, value, arena))
        return refuse_field(err, value->name, "invalid", "the value is no such thing as the field holds");
    return DONE;
}

enum outcome fields_admit(const struct policy_category *category, const struct scalar_list *fields, bool clears,
                          int64_t version, struct arena *arena, struct change *out, struct error *err)
{
    out->entries = ARENA_ARRAY(arena, fields->n, struct entry);
    out->n = out->dropped = 0;
    for (size_t i = 0; i < fields->n; i++) {
        const struct scalar *value = &fields->items[i];
        const struct policy_field *field = policy_field(category, value->name);
        if (field == NULL && category->unnamed == UNNAMED_REFUSE)
            return refuse_field(err, value->name, "not in policy", "the policy doesn't name this field");
        if (field == NULL) {
            out->dropped++;
            continue;
        }
        TRY(check_value(field, value, arena, err));
        if (value->kind != SCALAR_NULL || clears)
            out->entries[out->n++] = (struct entry){.field = field, .value = *value, .version = version};
    }
    return DONE;
}

/* The controller's own people are no persons here. */
static enum outcome check_own_staff(const struct policy *policy, const struct change *change, struct arena *arena,
                                    struct error *err)
{
    struct text normal;

    for (size_t i = 0; i < change->n; i++) {
        const struct entry *entry = &change->entries[i];
        if (entry->field->kind != PF_EMAIL || entry->value.kind != SCALAR_TEXT)
            continue;
        if (normal_email(entry->value.value, arena, &normal) && policy_own_domain(policy, normal_email_domain(normal)))
            return refuse_field(err, entry->value.name, "own staff", "the address is of the controller's own domain");
    }
    return DONE;
}

enum outcome change_admit(const struct policy *policy, const struct contact_recorded *in, struct arena *arena,
                          struct change *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    if (policy_source(policy, in->record.system) == NULL)
        return error_refuse(err, "/data/record/system", "not in policy", "the policy doesn't name this source");
    out->category = policy_category(policy, in->category);
    if (out->category == NULL || out->category->activity)
        return error_refuse(err, "/data/category", "not in policy", "the policy has no such category of records");
    out->patch = in->change == CHANGE_PATCH;
    out->version = in->record.version.value;
    out->provenance = &in->provenance;
    TRY(fields_admit(out->category, &in->fields, out->patch, out->version, arena, out, err));
    return check_own_staff(policy, out, arena, err);
}
