/* secrets: what a request keeps in the vault. */
#include "services/erasure/secrets.h"

#include <string.h>

#include "proto/table.h"
#include "services/erasure/identify.h"

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
    struct text category, email, address;
    bool has_source; /* not the first member: a present_offset of 0 is none */
    struct record_source source;
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
    int64_t rows;

    if (ids.n == 0)
        return DONE;
    TRY(secrets_doom(call, ids, err));
    TRY(vault_delete(call->vault, call->pg, ids.items, ids.n, call->arena, &rows, err));
    call_wake(call, "doomed-keys");
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

enum { SYSTEMS_MOST = 64, PAIRS_MOST = 1024 };

/* One collection on its way. */
struct collection {
    struct call *call;
    const struct collecting *wanted;
    struct collected *out;
};

/* Told is a phone that is known to be theirs alone, anything else unless it is known to be shared. */
static bool is_shared(const struct collection *c, const struct holder_identifier *it, const char *region)
{
    const struct forget_set *set = c->wanted->set;
    bool phone = text_is(it->kind, "phone");
    struct forget_key key;

    if (!identify_key(c->call, it, region, &key))
        return phone;
    for (size_t i = 0; i < set->keys_n && phone; i++)
        if (set->keys[i].kind == key.kind && hash_equal(&set->keys[i].hash, &key.hash))
            return false;
    if (phone)
        return true;
    for (size_t i = 0; i < c->wanted->shared.n; i++)
        if (c->wanted->shared.items[i].kind == (int)key.kind && hash_equal(&c->wanted->shared.items[i].hash, &key.hash))
            return true;
    return false;
}

static void add_identifier(const struct collection *c, const struct holder_identifier *it, const char *region)
{
    struct holder_identifier_list *list = &c->out->identifiers;
    struct arena *arena = c->call->arena;

    if (it->value.p == NULL || it->value.n == 0 || it->value.n > 1024 || list->n == IDENTIFIERS_MOST ||
        is_shared(c, it, region))
        return;
    for (size_t i = 0; i < list->n; i++)
        if (text_equal(list->items[i].kind, it->kind) && text_equal(list->items[i].system, it->system) &&
            text_equal(list->items[i].value, it->value))
            return;
    list->items[list->n++] = (struct holder_identifier){
        .kind = text_copy(arena, it->kind),
        .system = it->system.p == NULL || it->system.n == 0 ? TEXT_NONE : text_copy(arena, it->system),
        .value = text_copy(arena, it->value),
    };
}

static void add_system(const struct collection *c, struct text system)
{
    struct text_list *list = &c->out->systems;

    for (size_t i = 0; i < list->n; i++)
        if (text_equal(list->items[i], system))
            return;
    if (list->n < SYSTEMS_MOST && system.p != NULL && system.n > 0)
        list->items[list->n++] = text_copy(c->call->arena, system);
}

static void add_category(const struct collection *c, struct text system, struct text category)
{
    struct text_list *systems = &c->out->record_systems, *categories = &c->out->record_categories;

    for (size_t i = 0; i < systems->n; i++)
        if (text_equal(systems->items[i], system) && text_equal(categories->items[i], category))
            return;
    if (systems->n == PAIRS_MOST || system.p == NULL || category.p == NULL)
        return;
    systems->items[systems->n++] = text_copy(c->call->arena, system);
    categories->items[categories->n++] = text_copy(c->call->arena, category);
}

static void collect_fields(const struct collection *c, const struct record_plain *record, const char *region)
{
    const struct policy_category *category = policy_category(c->call->policy, record->category);

    for (size_t i = 0; i < record->fields.n; i++) {
        const struct scalar *value = &record->fields.items[i];
        const struct policy_field *field = category == NULL ? NULL : policy_field(category, value->name);
        struct holder_identifier found = {.value = value->value};
        if (value->kind != SCALAR_TEXT)
            continue;
        if (field != NULL ? field->kind == PF_EMAIL : text_is(value->name, "email"))
            found.kind = TEXT("email");
        else if (field != NULL ? field->kind == PF_PHONE : text_is(value->name, "phone"))
            found.kind = TEXT("phone");
        if (found.kind.p != NULL)
            add_identifier(c, &found, region);
    }
}

static void collect_record(const struct collection *c, struct text plain)
{
    const struct policy_source *source = NULL;
    const struct record_plain *record;
    struct error ignored;
    void *read;

    if (plain.p == NULL || event_decode(&record_plain_type, plain, c->call->arena, &read, &ignored) != DONE)
        return;
    record = read;
    if (record->has_source) {
        struct holder_identifier found = {
            .kind = TEXT("source"), .system = record->source.system, .value = record->source.id};
        source = policy_source(c->call->policy, record->source.system);
        add_system(c, record->source.system);
        add_category(c, record->source.system, record->category);
        add_identifier(c, &found, NULL);
    }
    if (!c->wanted->sources_only)
        collect_fields(c, record, source == NULL ? NULL : source->region);
}

enum outcome secrets_collect(struct call *call, const struct collecting *wanted, struct collected *out,
                             struct error *err)
{
    const struct collection c = {.call = call, .wanted = wanted, .out = out};
    const struct forget_set *set = wanted->set;
    struct contact given;
    struct uuid nobody = {0};

    *out = (struct collected){
        .identifiers = {.items = ARENA_ARRAY(call->arena, IDENTIFIERS_MOST, struct holder_identifier)},
        .systems = {.items = ARENA_ARRAY(call->arena, SYSTEMS_MOST, struct text)},
        .record_systems = {.items = ARENA_ARRAY(call->arena, PAIRS_MOST, struct text)},
        .record_categories = {.items = ARENA_ARRAY(call->arena, PAIRS_MOST, struct text)},
    };
    TRY(secrets_open_contact(call, &wanted->contact, &given, err));
    for (size_t i = 0; i < given.identifiers.n; i++)
        add_identifier(&c, &given.identifiers.items[i], NULL);
    for (size_t at = 0; at < set->records.n; at += OPEN_AT_ONCE) {
        size_t n = set->records.n - at < OPEN_AT_ONCE ? set->records.n - at : OPEN_AT_ONCE;
        struct text *plain = ARENA_ARRAY(call->arena, n, struct text);
        TRY(vault_open(call->vault, call->pg, set->records.items + at, n, "request", &nobody, call->arena, plain, err));
        for (size_t i = 0; i < n; i++)
            collect_record(&c, plain[i]);
    }
    return DONE;
}
