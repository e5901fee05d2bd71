/* content: the sealed texts of activities and of persons' parts in them. */
#include "services/intake/activity.h"

#include <string.h>

#include "proto/table.h"
#include "services/intake/redact.h"

/* ---- writing ------------------------------------------------------------------------------------------------------- */

static void add_member(struct buf *out, const char *name, struct text value)
{
    buf_str(out, name);
    buf_json_string(out, value);
}

static void add_time(struct buf *out, const char *name, int64_t us)
{
    char at[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, at);
    buf_str(out, name);
    buf_str(out, at);
    buf_char(out, '"');
}

void content_encode(const struct activity_content *content, struct buf *out)
{
    add_member(out, "{\"source\":{\"system\":", content->system);
    add_member(out, ",\"id\":", content->id);
    add_member(out, "},\"category\":", content->category_name);
    add_time(out, ",\"occurred_at\":\"", content->occurred_at);
    add_time(out, ",\"closed_at\":\"", content->closed_at);
    add_time(out, ",\"warranty_until\":\"", content->warranty_until);
    add_time(out, ",\"invoice_date\":\"", content->invoice_date);
    buf_str(out, ",\"fields\":{");
    for (size_t i = 0; i < content->fields.n; i++) {
        const struct scalar *value = &content->fields.items[i];
        if (i > 0)
            buf_char(out, ',');
        buf_json_string(out, value->name);
        buf_char(out, ':');
        if (value->kind == SCALAR_TEXT)
            buf_json_string(out, value->value);
        else
            buf_text(out, value->value);
    }
    buf_str(out, "}}");
}

void part_encode(const struct part *part, struct buf *out)
{
    add_member(out, "{\"role\":", text_of(part_role_names[part->role]));
    if (part->email.p != NULL)
        add_member(out, ",\"email\":", part->email);
    if (part->name.p != NULL)
        add_member(out, ",\"name\":", part->name);
    if (part->system.p != NULL) {
        add_member(out, ",\"record\":{\"system\":", part->system);
        add_member(out, ",\"id\":", part->id);
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

struct kept_content {
    struct record_ref source;
    struct text category;
    int64_t occurred_at, closed_at, warranty_until, invoice_date;
    struct scalar_list fields;
};
struct kept_part {
    int role;
    struct text email, name;
    bool has_record;
    struct record_ref record;
};

static const struct field ref_type_fields[] = {
    MUST(record_ref, system, TEXT, 1, NAME_MOST),
    MUST(record_ref, id, TEXT, 1, SOURCE_ID_MOST),
};
OPEN(record_ref, ref_type, NULL);
static const struct field kept_content_type_fields[] = {
    MUST_OBJECT(kept_content, source, ref_type),   MUST(kept_content, category, TEXT, 1, NAME_MOST),
    MAY(kept_content, occurred_at, TIME, 0, 0),    MAY(kept_content, closed_at, TIME, 0, 0),
    MAY(kept_content, warranty_until, TIME, 0, 0), MAY(kept_content, invoice_date, TIME, 0, 0),
    MUST(kept_content, fields, SCALARS, 0, 1000),
};
OPEN(kept_content, kept_content_type, NULL);
static const struct field kept_part_type_fields[] = {
    MUST_ENUM(kept_part, role, part_role_names),
    MAY(kept_part, email, TEXT, 0, 1024),
    MAY(kept_part, name, TEXT, 0, 1024),
    MAY_OBJECT(kept_part, record, ref_type),
};
OPEN(kept_part, kept_part_type, NULL);

enum outcome content_decode(const struct policy *policy, struct text json, struct arena *arena,
                            struct activity_content *out, struct error *err)
{
    const struct kept_content *kept;
    void *decoded;

    TRY(event_decode(&kept_content_type, json, arena, &decoded, err));
    kept = decoded;
    *out = (struct activity_content){
        .system = kept->source.system,
        .id = kept->source.id,
        .category = policy_category(policy, kept->category),
        .category_name = kept->category,
        .occurred_at = kept->occurred_at,
        .closed_at = kept->closed_at,
        .warranty_until = kept->warranty_until,
        .invoice_date = kept->invoice_date,
        .fields = kept->fields,
    };
    return DONE;
}

enum outcome part_decode(struct text json, struct arena *arena, struct part *out, struct error *err)
{
    const struct kept_part *kept;
    void *decoded;

    TRY(event_decode(&kept_part_type, json, arena, &decoded, err));
    kept = decoded;
    *out = (struct part){.role = kept->role, .email = kept->email, .name = kept->name};
    if (kept->has_record) {
        out->system = kept->record.system;
        out->id = kept->record.id;
    }
    return DONE;
}

/* ---- free texts ------------------------------------------------------------------------------------------------------ */

bool content_goes_with(const struct policy_category *category, int role)
{
    for (const char *const *name = category != NULL ? category->erase_texts_of : NULL; name != NULL && *name != NULL;
         name++)
        if (strcmp(*name, part_role_names[role]) == 0)
            return true;
    return false;
}

size_t content_blank(struct activity_content *content)
{
    size_t blanked = 0;

    for (size_t i = 0; i < content->fields.n; i++) {
        struct scalar *value = &content->fields.items[i];
        const struct policy_field *field =
            content->category != NULL ? policy_field(content->category, value->name) : NULL;
        if (value->kind != SCALAR_TEXT || (field != NULL && field->kind != PF_TEXT) ||
            text_is(value->value, REDACT_MARK))
            continue;
        value->value = text_of(REDACT_MARK);
        blanked++;
    }
    return blanked;
}
