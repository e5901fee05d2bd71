/* secrets: what a request keeps in the vault. */
#include "services/erasure/secrets.h"

#include <string.h>

#include "proto/table.h"

enum { IDENTIFIERS_MOST = 1000, PLAIN_MOST = 1 << 20, OPEN_AT_ONCE = 500 };

static const struct field identifier_fields[] = {
    MUST(holder_identifier, kind, TEXT, 1, 64),
    MAY(holder_identifier, system, TEXT, 1, 1024),
    MUST(holder_identifier, value, TEXT, 1, 1024),
};
static const struct object_type identifier_type = {
    .fields = identifier_fields, .fields_n = 3, .size = sizeof(struct holder_identifier), .open = true};

static const struct field contact_fields[] = {
    MAY(contact, reply_to, TEXT, 1, 1024), MAY(contact, language, TEXT, 1, 64),
    MAY(contact, note, TEXT, 0, 16384),    MAY(contact, verified_by, TEXT, 0, 1024),
    MAY(contact, details, JSON, 0, 65536), MAY_OBJECTS(contact, identifiers, identifier_type, 0, IDENTIFIERS_MOST),
};
static const struct object_type contact_type = {
    .fields = contact_fields, .fields_n = 6, .size = sizeof(struct contact), .open = true};

struct identifiers {
    struct holder_identifier_list identifiers;
};
static const struct field identifiers_fields[] = {
    MUST_OBJECTS(identifiers, identifiers, identifier_type, 0, IDENTIFIERS_MOST),
};
static const struct object_type identifiers_type = {
    .fields = identifiers_fields, .fields_n = 1, .size = sizeof(struct identifiers), .open = true};

/* a contact record as intake seals it; an address item */
struct record_source {
    struct text system, id;
};
struct record_plain {
    bool has_source;
    struct record_source source;
    struct text category, email, address;
    struct scalar_list fields;
};
static const struct field record_source_fields[] = {
    MUST(record_source, system, TEXT, 0, 1024),
    MUST(record_source, id, TEXT, 0, 1024),
};
static const struct object_type record_source_type = {
    .fields = record_source_fields, .fields_n = 2, .size = sizeof(struct record_source), .open = true};
static const struct field record_plain_fields[] = {
    MAY_OBJECT(record_plain, source, record_source_type),
    MAY(record_plain, category, TEXT, 0, 1024),
    MAY(record_plain, email, TEXT, 0, 1024),
    MAY(record_plain, address, TEXT, 0, 1024),
    MAY(record_plain, fields, SCALARS, 0, 1000),
};
static const struct object_type record_plain_type = {
    .fields = record_plain_fields, .fields_n = 5, .size = sizeof(struct record_plain), .open = true};

bool contact_is_empty(const struct contact *c)
{
    return c->reply_to.p == NULL && c->language.p == NULL && c->note.p == NULL && c->verified_by.p == NULL &&
           c->details.p == NULL && c->identifiers.n == 0;
}

enum outcome secrets_put(struct call *call, const struct uuid *owner, const char *what, struct text plain,
                         int64_t until_us, struct uuid *id, struct error *err)
{
    struct vault_item item = {.owner = *owner, .kind = VAULT_REQUEST, .plain = plain, .expires_us = CLOCK_NONE};

    if (strcmp(what, "reply-to") == 0)
        item.kind = VAULT_ADDRESS;
    else if (strcmp(what, "letter") == 0)
        item.kind = VAULT_MAIL;
    if (uuid_is_nil(id))
        *id = call_uuid(call);
    item.id = *id;
    TRY(vault_put(call->vault, call->pg, &item, 1, call->arena, err));
    return secret_note(call, id, owner, what, until_us, err);
}

static struct text encoded(struct call *call, const struct object_type *type, const void *object)
{
    struct buf out;
    struct text plain;

    buf_init(&out, PLAIN_MOST);
    event_encode(type, object, &out);
    ENSURE(!out.failed);
    plain = text_copy(call->arena, buf_view(&out));
    buf_free(&out);
    return plain;
}

enum outcome secrets_put_contact(struct call *call, const struct uuid *request, const struct contact *contact,
                                 struct uuid *id, struct error *err)
{
    return secrets_put(call, request, "contact", encoded(call, &contact_type, contact), CLOCK_NONE, id, err);
}

enum outcome secrets_put_note(struct call *call, const struct uuid *request, const struct contact *contact,
                              int64_t until_us, struct uuid *id, struct error *err)
{
    return secrets_put(call, request, "note", encoded(call, &contact_type, contact), until_us, id, err);
}

static enum outcome open_one(struct call *call, const struct uuid *id, struct text *plain, struct error *err)
{
    *plain = TEXT_NONE;
    if (uuid_is_nil(id))
        return DONE;
    return vault_open(call->vault, call->pg, id, 1, "request", &(struct uuid){0}, call->arena, plain, err);
}

enum outcome secrets_open_contact(struct call *call, const struct uuid *id, struct contact *out, struct error *err)
{
    struct text plain;
    struct error ignored;
    void *read;

    event_init(&contact_type, out);
    TRY(open_one(call, id, &plain, err));
    if (plain.p != NULL && event_decode(&contact_type, plain, call->arena, &read, &ignored) == DONE)
        *out = *(const struct contact *)read;
    return DONE;
}

struct text secrets_write_identifiers(struct call *call, struct holder_identifier_list list)
{
    struct identifiers whole = {.identifiers = list};

    return encoded(call, &identifiers_type, &whole);
}

enum outcome secrets_put_identifiers(struct call *call, const struct uuid *request, struct holder_identifier_list list,
                                     struct uuid *id, struct error *err)
{
    return secrets_put(call, request, "identifiers", secrets_write_identifiers(call, list), CLOCK_NONE, id, err);
}

struct holder_identifier_list secrets_read_identifiers(struct call *call, struct text plain)
{
    struct error ignored;
    void *read;

    if (plain.p == NULL || event_decode(&identifiers_type, plain, call->arena, &read, &ignored) != DONE)
        return (struct holder_identifier_list){0};
    return ((const struct identifiers *)read)->identifiers;
}

bool secrets_read_address(struct call *call, struct text plain, struct text *out)
{
    const struct record_plain *record;
    struct error ignored;
    void *read;

    if (plain.p == NULL || plain.n == 0)
        return false;
    if (plain.p[0] != '{') {
        *out = plain;
        return true;
    }
    if (event_decode(&record_plain_type, plain, call->arena, &read, &ignored) != DONE)
        return false;
    record = read;
    *out = record->email.p != NULL ? record->email : record->address;
    for (size_t i = 0; i < record->fields.n && out->p == NULL; i++)
        if (text_is(record->fields.items[i].name, "email") && record->fields.items[i].kind == SCALAR_TEXT)
            *out = record->fields.items[i].value;
    return out->p != NULL;
}

enum outcome secrets_destroy(struct call *call, struct uuid_list ids, struct error *err)
{
    int64_t keys, rows;

    if (ids.n == 0)
        return DONE;
    TRY(vault_keys_destroy(call->vault, ids.items, ids.n, &keys, err));
    TRY(vault_delete(call->vault, call->pg, ids.items, ids.n, call->arena, &rows, err));
    return secrets_drop(call, ids, err);
}

enum outcome secrets_destroy_of(struct call *call, const struct uuid *owner, const char *what, struct error *err)
{
    struct uuid_list ids;
    struct text one = text_of(what);

    TRY(secrets_of(call, owner, what == NULL ? NULL : &one, 1, &ids, err));
    return secrets_destroy(call, ids, err);
}

/* ---- collecting identifiers ---------------------------------------------------------------------------------------- */

static void add_identifier(struct call *call, struct holder_identifier_list *list, const char *kind, struct text system,
                           struct text value)
{
    if (value.p == NULL || value.n == 0 || value.n > 1024 || list->n == IDENTIFIERS_MOST)
        return;
    for (size_t i = 0; i < list->n; i++) {
        const struct holder_identifier *it = &list->items[i];
        if (text_is(it->kind, kind) && text_equal(it->system, system) && text_equal(it->value, value))
            return;
    }
    list->items[list->n++] = (struct holder_identifier){
        .kind = text_of(kind),
        .system = system.p == NULL || system.n == 0 ? TEXT_NONE : text_copy(call->arena, system),
        .value = text_copy(call->arena, value),
    };
}

static void add_system(struct call *call, struct text_list *list, struct text system, size_t room)
{
    for (size_t i = 0; i < list->n; i++)
        if (text_equal(list->items[i], system))
            return;
    if (list->n < room && system.p != NULL && system.n > 0)
        list->items[list->n++] = text_copy(call->arena, system);
}

static void collect_record(struct call *call, struct text plain, struct collected *out, size_t room)
{
    const struct policy_category *category;
    const struct record_plain *record;
    struct error ignored;
    void *read;

    if (plain.p == NULL || event_decode(&record_plain_type, plain, call->arena, &read, &ignored) != DONE)
        return;
    record = read;
    if (record->has_source) {
        add_system(call, &out->systems, record->source.system, room);
        add_identifier(call, &out->identifiers, "source", record->source.system, record->source.id);
    }
    category = policy_category(call->policy, record->category);
    for (size_t i = 0; i < record->fields.n; i++) {
        const struct scalar *value = &record->fields.items[i];
        const struct policy_field *field = category == NULL ? NULL : policy_field(category, value->name);
        if (value->kind != SCALAR_TEXT)
            continue;
        if (field != NULL ? field->kind == PF_EMAIL : text_is(value->name, "email"))
            add_identifier(call, &out->identifiers, "email", TEXT_NONE, value->value);
        else if (field != NULL ? field->kind == PF_PHONE : text_is(value->name, "phone"))
            add_identifier(call, &out->identifiers, "phone", TEXT_NONE, value->value);
    }
}

enum outcome secrets_collect(struct call *call, const struct forget_set *set, const struct uuid *contact,
                             struct collected *out, struct error *err)
{
    struct contact given;
    struct text *plain;
    struct uuid nobody = {0};

    *out = (struct collected){
        .identifiers = {.items = ARENA_ARRAY(call->arena, IDENTIFIERS_MOST, struct holder_identifier)},
        .systems = {.items = ARENA_ARRAY(call->arena, 64, struct text)},
    };
    TRY(secrets_open_contact(call, contact, &given, err));
    for (size_t i = 0; i < given.identifiers.n; i++) {
        const struct holder_identifier *it = &given.identifiers.items[i];
        add_identifier(call, &out->identifiers, text_cstr(call->arena, it->kind), it->system, it->value);
    }
    for (size_t at = 0; at < set->records.n; at += OPEN_AT_ONCE) {
        size_t n = set->records.n - at < OPEN_AT_ONCE ? set->records.n - at : OPEN_AT_ONCE;
        plain = ARENA_ARRAY(call->arena, n, struct text);
        TRY(vault_open(call->vault, call->pg, set->records.items + at, n, "request", &nobody, call->arena, plain, err));
        for (size_t i = 0; i < n; i++)
            collect_record(call, plain[i], out, 64);
    }
    return DONE;
}
