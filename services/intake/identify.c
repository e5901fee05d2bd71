/* identify: the blind indexes of a record, and the little that events say of it in clear. */
#include "services/intake/record.h"

#include <string.h>

bool email_identifiers(struct text address, const struct crypto_key *index_key, struct arena *arena,
                       struct identifiers *out, struct text *normal)
{
    struct text wide;

    if (!normal_email(address, arena, normal))
        return false;
    out->email = normal_key_email(index_key, *normal);
    out->role_mailbox = normal_email_is_role(*normal);
    if (normal_email_wide(*normal, arena, &wide))
        out->email_wide = normal_key_email_wide(index_key, wide);
    return true;
}

static const struct entry *first_of(const struct entry *entries, size_t n, enum policy_field_kind kind)
{
    for (size_t i = 0; i < n; i++)
        if (entries[i].field->kind == kind && entries[i].value.kind != SCALAR_NULL)
            return &entries[i];
    return NULL;
}

void identifiers_of(const struct entry *entries, size_t n, const char *region, const struct crypto_key *index_key,
                    struct arena *arena, struct identifiers *out)
{
    const struct entry *surname = first_of(entries, n, PF_SURNAME);
    struct text normal, folded;

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++) {
        const struct entry *entry = &entries[i];
        if (entry->value.kind == SCALAR_NULL)
            continue;
        if (entry->field->kind == PF_EMAIL && hash_is_none(&out->email))
            (void)email_identifiers(entry->value.value, index_key, arena, out, &normal);
        if (entry->field->kind != PF_PHONE || !hash_is_none(&out->phone) ||
            !normal_phone(entry->value.value, region, arena, &normal))
            continue;
        out->phone = normal_key_phone(index_key, normal);
        if (surname != NULL && normal_name(surname->value.value, arena, &folded))
            out->phone_surname = normal_key_phone_surname(index_key, normal, folded);
    }
}

static void add_key(struct key_list *keys, enum key_kind kind, const struct hash *hash)
{
    if (!hash_is_none(hash))
        keys->items[keys->n++] = (struct key){.kind = (int)kind, .hash = *hash};
}

struct key_list identifiers_keys(const struct identifiers *ids, struct arena *arena)
{
    struct key_list keys = {.items = ARENA_ARRAY(arena, KEY_KINDS, struct key)};

    if (!ids->role_mailbox) {
        add_key(&keys, KEY_EMAIL, &ids->email);
        add_key(&keys, KEY_EMAIL_WIDE, &ids->email_wide);
    }
    add_key(&keys, KEY_PHONE, &ids->phone);
    add_key(&keys, KEY_PHONE_SURNAME, &ids->phone_surname);
    add_key(&keys, KEY_SOURCE, &ids->source);
    return keys;
}

static bool is_letters(struct text t)
{
    for (size_t i = 0; i < t.n; i++)
        if (!((t.p[i] >= 'a' && t.p[i] <= 'z') || (t.p[i] >= 'A' && t.p[i] <= 'Z') || t.p[i] == '-'))
            return false;
    return true;
}

/* Only what is a code: an event must not carry somebody's free text. */
struct text state_language(const struct record_state *state)
{
    const struct entry *entry = first_of(state->entries, state->n, PF_LANGUAGE);

    return entry != NULL && entry->value.value.n >= 2 && entry->value.value.n <= 11 && is_letters(entry->value.value)
               ? entry->value.value
               : TEXT_NONE;
}

struct text state_country(const struct record_state *state)
{
    const struct entry *entry = first_of(state->entries, state->n, PF_COUNTRY);

    return entry != NULL && entry->value.value.n == 2 && is_letters(entry->value.value) ? entry->value.value
                                                                                        : TEXT_NONE;
}

static bool is_in_a_rule(const struct policy_category *category, const char *name)
{
    for (size_t i = 0; i < category->rules_n; i++)
        if (strcmp(category->rules[i].after, name) == 0)
            return true;
    return false;
}

struct named_date_list state_dates(const struct record_state *state, struct arena *arena)
{
    struct named_date_list dates = {0};
    int64_t at;

    for (size_t i = 0; i < state->n; i++) {
        const struct entry *entry = &state->entries[i];
        if (entry->field->kind != PF_DATE || entry->value.kind != SCALAR_TEXT ||
            !is_in_a_rule(state->category, entry->field->name) || !clock_parse(entry->value.value, &at))
            continue;
        if (dates.items == NULL)
            dates.items = ARENA_ARRAY(arena, state->n, struct named_date);
        dates.items[dates.n++] = (struct named_date){.name = text_of(entry->field->name), .at = at};
    }
    return dates;
}
