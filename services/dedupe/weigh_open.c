/* weigh_open: records' fields, opened in the vault, as profiles. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/policy.h"
#include "proto/table.h"
#include "services/dedupe/weigh.h"

enum { OPENED_AT_ONCE = 1000, FIELD_BYTES = 16384 };

/* ---- what the vault holds of a record ------------------------------------------------------------------------------- */

struct sealed_source {
    struct text system;
};
static const struct field source_type_fields[] = {MAY(sealed_source, system, TEXT, 0, FIELD_BYTES)};
OPEN(sealed_source, source_type, NULL);

struct sealed_fields {
    struct text given_name, family_name, date_of_birth, email, phone, street, city, postcode, country;
};
static const struct field fields_type_fields[] = {
    MAY(sealed_fields, given_name, TEXT, 0, FIELD_BYTES),    MAY(sealed_fields, family_name, TEXT, 0, FIELD_BYTES),
    MAY(sealed_fields, date_of_birth, TEXT, 0, FIELD_BYTES), MAY(sealed_fields, email, TEXT, 0, FIELD_BYTES),
    MAY(sealed_fields, phone, TEXT, 0, FIELD_BYTES),         MAY(sealed_fields, street, TEXT, 0, FIELD_BYTES),
    MAY(sealed_fields, city, TEXT, 0, FIELD_BYTES),          MAY(sealed_fields, postcode, TEXT, 0, FIELD_BYTES),
    MAY(sealed_fields, country, TEXT, 0, FIELD_BYTES),
};
OPEN(sealed_fields, fields_type, NULL);

struct sealed_record {
    struct sealed_source source;
    struct sealed_fields fields;
    bool has_source, has_fields;
};
static const struct field record_type_fields[] = {
    MAY_OBJECT(sealed_record, source, source_type),
    MAY_OBJECT(sealed_record, fields, fields_type),
};
OPEN(sealed_record, record_type, NULL);

/* ---- profiles --------------------------------------------------------------------------------------------------------- */

/* 64 bits of a keyed hash: what stands in the table says nothing without the key. */
static int64_t keyed(const struct crypto_key *index_key, uint64_t key)
{
    struct hash hash = crypto_hash(index_key, "block", (struct text){.p = (const char *)&key, .n = sizeof(key)});
    int64_t out;

    memcpy(&out, hash.b, sizeof(out));
    return out;
}

static void take_record(struct call *call, const struct sealed_record *in, struct arena *scratch,
                        struct weighed_record *out)
{
    const struct weigher *weigher = call->state;
    const struct policy_source *source = policy_source(call->policy, in->source.system);
    const struct sealed_fields *f = &in->fields;
    const struct person_fields fields = {.given_name = f->given_name,
                                         .family_name = f->family_name,
                                         .date_of_birth = f->date_of_birth,
                                         .email = f->email,
                                         .phone = f->phone,
                                         .street = f->street,
                                         .city = f->city,
                                         .postcode = f->postcode,
                                         .country = f->country,
                                         .source = in->source.system,
                                         .region = source == NULL ? NULL : source->region};
    uint64_t keys[BLOCK_KEYS];

    profile_make(&fields, weigher->nicknames, call->arena, scratch, &out->profile);
    out->single = source != NULL && !source->duplicates;
    out->keys_n = profile_keys(&out->profile, keys);
    for (size_t k = 0; k < out->keys_n; k++)
        out->keys[k] = keyed(service_index_key(call->service), keys[k]);
}

/* One page: what was sealed goes with the scratch, the profiles stay. */
static enum outcome open_page(struct call *call, const struct uuid *ids, size_t n, struct arena *scratch,
                              struct weighed_records *out, struct error *err)
{
    struct text *plain = ARENA_ARRAY(scratch, n + 1, struct text);

    TRY(vault_open(call->vault, call->pg, ids, n, "dedupe", NULL, scratch, plain, err));
    for (size_t i = 0; i < n; i++) {
        struct error ignored;
        void *decoded;
        if (plain[i].p == NULL || event_decode(&record_type, plain[i], scratch, &decoded, &ignored) != DONE)
            continue;
        out->items[out->n].record = ids[i];
        take_record(call, decoded, scratch, &out->items[out->n++]);
    }
    return DONE;
}

enum outcome weigh_open(struct call *call, struct uuid_list ids, struct weighed_records *out, struct error *err)
{
    struct arena *scratch = ids.n == 0 ? NULL : arena_new();
    enum outcome outcome = DONE;

    *out = (struct weighed_records){.items = ARENA_ARRAY(call->arena, ids.n + 1, struct weighed_record)};
    for (size_t at = 0; at < ids.n && outcome == DONE; at += OPENED_AT_ONCE) {
        size_t n = ids.n - at < OPENED_AT_ONCE ? ids.n - at : OPENED_AT_ONCE;
        outcome = open_page(call, ids.items + at, n, scratch, out, err);
        arena_reset(scratch, 1 << 20);
    }
    arena_free(scratch);
    return outcome;
}
