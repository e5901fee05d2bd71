/* state: the sealed text of a record, written by hand for speed and read by a field table. */
#include "services/intake/record.h"

#include <string.h>

#include "proto/table.h"

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void add_member(struct buf *out, const char *name, struct text value)
{
    buf_str(out, name);
    buf_json_string(out, value);
}

static void add_time(struct buf *out, const char *name, int64_t us)
{
    char at[CLOCK_TEXT_BYTES];

    clock_format(us, at);
    buf_str(out, name);
    buf_str(out, at);
    buf_char(out, '"');
}

static void encode_provenance(const struct provenance *p, struct buf *out)
{
    add_member(out, "{\"channel\":", p->channel);
    add_member(out, ",\"location\":", p->location);
    add_time(out, ",\"captured_at\":\"", p->captured_at);
    if (p->captured_by.p != NULL)
        add_member(out, ",\"captured_by\":", p->captured_by);
    add_member(out, ",\"act\":", text_of(policy_act_names[p->act]));
    if (p->has_notice) {
        buf_printf(out, ",\"notice\":{\"version\":%lld", (long long)p->notice.version);
        add_time(out, ",\"given_at\":\"", p->notice.given_at);
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

void state_print_fields(const struct record_state *state, struct buf *out)
{
    const char *between = ",\"fields\":{";

    for (size_t i = 0; i < state->n; i++) {
        const struct entry *entry = &state->entries[i];
        if (entry->value.kind == SCALAR_NULL)
            continue;
        buf_str(out, between);
        buf_json_string(out, text_of(entry->field->name));
        buf_char(out, ':');
        if (entry->value.kind == SCALAR_TEXT)
            buf_json_string(out, entry->value.value);
        else
            buf_text(out, entry->value.value);
        between = ",";
    }
    buf_str(out, between[1] == '\0' ? "}" : ",\"fields\":{}");
}

void state_print_provenance(const struct record_state *state, struct buf *out)
{
    buf_str(out, ",\"provenance\":[");
    for (size_t i = 0; i < state->provenance_n; i++) {
        if (i > 0)
            buf_char(out, ',');
        encode_provenance(&state->provenance[i], out);
    }
    buf_char(out, ']');
}

/* Only fields that aren't the newest full change's. */
static void encode_order(const struct record_state *state, struct buf *out)
{
    const char *between = ",\"order\":[";

    for (size_t i = 0; i < state->n; i++) {
        const struct entry *entry = &state->entries[i];
        if (entry->version == state->full && entry->from == 0)
            continue;
        buf_str(out, between);
        add_member(out, "{\"name\":", text_of(entry->field->name));
        buf_printf(out, ",\"version\":%lld,\"from\":%zu}", (long long)entry->version, entry->from);
        between = ",";
    }
    if (between[1] == '\0')
        buf_char(out, ']');
}

void state_encode(const struct record_state *state, struct buf *out)
{
    add_member(out, "{\"source\":{\"system\":", state->system);
    add_member(out, ",\"id\":", state->id);
    add_member(out, "},\"category\":", text_of(state->category->name));
    buf_printf(out, ",\"version\":%lld", (long long)state->version);
    if (state->full != VERSION_ABSENT)
        buf_printf(out, ",\"full\":%lld", (long long)state->full);
    add_time(out, ",\"captured_at\":\"", state->captured_at);
    add_member(out, ",\"act\":", text_of(policy_act_names[state->act]));
    state_print_fields(state, out);
    state_print_provenance(state, out);
    encode_order(state, out);
    buf_char(out, '}');
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

struct kept_order {
    struct text name;
    int64_t version, from;
};
struct kept {
    struct record_ref source;
    struct text category;
    int64_t version, full, captured_at;
    int act;
    struct scalar_list fields;
    struct {
        struct provenance *items;
        size_t n;
    } provenance;
    struct {
        struct kept_order *items;
        size_t n;
    } order;
};

static const struct field source_type_fields[] = {
    MUST(record_ref, system, TEXT, 1, NAME_MOST),
    MUST(record_ref, id, TEXT, 1, SOURCE_ID_MOST),
};
OPEN(record_ref, source_type, NULL);
static const struct field kept_notice_type_fields[] = {
    MUST(notice, version, INT, 0, INT32_MAX),
    MUST(notice, given_at, TIME, 0, 0),
};
OPEN(notice, kept_notice_type, NULL);
static const struct field kept_provenance_type_fields[] = {
    MUST(provenance, channel, TEXT, 1, NAME_MOST), MUST(provenance, location, TEXT, 1, 1024),
    MUST(provenance, captured_at, TIME, 0, 0),     MAY(provenance, captured_by, TEXT, 0, 256),
    MUST_ENUM(provenance, act, policy_act_names),  MAY_OBJECT(provenance, notice, kept_notice_type),
};
OPEN(provenance, kept_provenance_type, NULL);
static const struct field kept_order_type_fields[] = {
    MUST(kept_order, name, TEXT, 1, NAME_MOST),
    MUST(kept_order, version, INT, INT64_MIN, INT64_MAX),
    MUST(kept_order, from, INT, 0, 10000),
};
OPEN(kept_order, kept_order_type, NULL);
static const struct field kept_type_fields[] = {
    MUST_OBJECT(kept, source, source_type),
    MUST(kept, category, TEXT, 1, NAME_MOST),
    MUST(kept, version, INT, INT64_MIN, INT64_MAX),
    MAY(kept, full, INT, INT64_MIN, INT64_MAX),
    MUST(kept, captured_at, TIME, 0, 0),
    MUST_ENUM(kept, act, policy_act_names),
    MUST(kept, fields, SCALARS, 0, 1000),
    MUST_OBJECTS(kept, provenance, kept_provenance_type, 1, 10000),
    MAY_OBJECTS(kept, order, kept_order_type, 0, 10000),
};
OPEN(kept, kept_type, NULL);

static const struct kept_order *order_of(const struct kept *kept, struct text name)
{
    for (size_t i = 0; i < kept->order.n; i++)
        if (text_equal(kept->order.items[i].name, name))
            return &kept->order.items[i];
    return NULL;
}

static bool has_field(const struct kept *kept, struct text name)
{
    for (size_t i = 0; i < kept->fields.n; i++)
        if (text_equal(kept->fields.items[i].name, name))
            return true;
    return false;
}

static void add_entry(struct record_state *out, const struct kept *kept, const struct scalar *value,
                      const struct kept_order *order)
{
    const struct policy_field *field = policy_field(out->category, value->name);

    if (field == NULL)
        return;
    out->entries[out->n++] = (struct entry){
        .field = field,
        .value = *value,
        .version = order != NULL ? order->version : kept->full,
        .from = order != NULL && (size_t)order->from < out->provenance_n ? (size_t)order->from : 0,
    };
}

enum outcome state_decode(const struct policy *policy, struct text json, struct arena *arena, struct record_state *out,
                          struct error *err)
{
    const struct kept *kept;
    void *decoded;

    TRY(event_decode(&kept_type, json, arena, &decoded, err));
    kept = decoded;
    *out = (struct record_state){
        .system = kept->source.system,
        .id = kept->source.id,
        .category = policy_category(policy, kept->category),
        .version = kept->version,
        .full = kept->full,
        .entries = ARENA_ARRAY(arena, kept->fields.n + kept->order.n, struct entry),
        .provenance = kept->provenance.items,
        .provenance_n = kept->provenance.n,
        .act = kept->act,
        .captured_at = kept->captured_at,
    };
    if (out->category == NULL)
        return error_refuse(err, "", "not in policy", "a stored record's category is no longer in the policy");
    for (size_t i = 0; i < kept->fields.n; i++)
        add_entry(out, kept, &kept->fields.items[i], order_of(kept, kept->fields.items[i].name));
    for (size_t i = 0; i < kept->order.n; i++)
        if (!has_field(kept, kept->order.items[i].name))
            add_entry(out, kept, &(struct scalar){.name = kept->order.items[i].name, .kind = SCALAR_NULL},
                      &kept->order.items[i]);
    return DONE;
}
