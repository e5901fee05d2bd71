/* data_open: decoding what was sealed. */
#include "services/consent/data_open.h"

#include "proto/table.h"

struct sealed_source {
    struct text system, id;
};
struct sealed {
    struct text category;
    bool has_source;
    struct sealed_source source;
    struct scalar_list fields;
};
static const struct field sealed_source_type_fields[] = {
    MAY(sealed_source, system, TEXT, 0, 1024),
    MAY(sealed_source, id, TEXT, 0, 1024),
};
OPEN(sealed_source, sealed_source_type, NULL);
static const struct field sealed_type_fields[] = {
    MAY(sealed, category, TEXT, 0, 1024),
    MAY_OBJECT(sealed, source, sealed_source_type),
    MAY(sealed, fields, SCALARS, 0, EVENT_SCALARS_MOST),
};
OPEN(sealed, sealed_type, NULL);

struct text data_field(const struct data_record *record, const char *name)
{
    for (size_t i = 0; i < record->fields.n; i++)
        if (text_is(record->fields.items[i].name, name))
            return record->fields.items[i].value;
    return TEXT_NONE;
}

enum outcome data_open(struct call *call, const struct uuid *ids, size_t n, struct opened_record **out,
                       struct error *err)
{
    struct text *plain = ARENA_ARRAY(call->arena, n + 1, struct text);

    *out = ARENA_ARRAY(call->arena, n + 1, struct opened_record);
    if (n == 0)
        return DONE;
    TRY(vault_open(call->vault, call->pg, ids, n, "request", NULL, call->arena, plain, err));
    for (size_t i = 0; i < n; i++) {
        struct opened_record *o = &(*out)[i];
        struct error ignored;
        void *decoded;

        *o = (struct opened_record){.id = ids[i], .plain = TEXT_NONE, .email = TEXT_NONE};
        if (plain[i].p == NULL || event_decode(&sealed_type, plain[i], call->arena, &decoded, &ignored) != DONE)
            continue;
        const struct sealed *sealed = decoded;
        o->plain = plain[i];
        o->record = (struct data_record){
            .category = sealed->category, .system = sealed->source.system, .fields = sealed->fields};
        struct text email = data_field(&o->record, "email");
        if (email.p == NULL || !normal_email(email, call->arena, &o->email))
            o->email = TEXT_NONE;
    }
    return DONE;
}
