/* subject: a search's body and its keys. */
#include "services/admin/subject.h"

#include <stddef.h>
#include <stdio.h>

static const struct field record_fields[] = {
    {.name = "system",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct subject_record, system),
     .least = 1,
     .most = 64},
    {.name = "id",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct subject_record, id),
     .least = 1,
     .most = 256},
};
static const struct object_type record_type = {
    .fields = record_fields, .fields_n = 2, .size = sizeof(struct subject_record)};

static enum outcome refuse_reason(struct error *err, const char *pointer)
{
    char below[sizeof err->pointer];
    (void)snprintf(below, sizeof below, "%s/reason", pointer);
    return error_refuse(err, below, "format", "a reason is a code of a-z and -");
}

static enum outcome check_search(const void *object, const char *pointer, struct error *err)
{
    const struct subject_search *search = object;
    int given =
        (search->email.p != NULL) + (search->phone.p != NULL) + search->has_record + !uuid_is_nil(&search->person);
    if (given != 1)
        return error_refuse(err, pointer, "one of", "name one of email, phone, record and person");
    for (size_t i = 0; i < search->reason.n; i++) /* it goes into audit rows: a code, never a text about somebody */
        if (search->reason.p[i] != '-' && (search->reason.p[i] < 'a' || search->reason.p[i] > 'z'))
            return refuse_reason(err, pointer);
    return DONE;
}

static const struct field search_fields[] = {
    {.name = "email", .kind = FIELD_TEXT, .offset = offsetof(struct subject_search, email), .least = 1, .most = 320},
    {.name = "phone", .kind = FIELD_TEXT, .offset = offsetof(struct subject_search, phone), .least = 1, .most = 64},
    {.name = "record",
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct subject_search, record),
     .present_offset = offsetof(struct subject_search, has_record),
     .type = &record_type},
    {.name = "person", .kind = FIELD_UUID, .offset = offsetof(struct subject_search, person)},
    {.name = "fields", .kind = FIELD_BOOL, .offset = offsetof(struct subject_search, fields)},
    {.name = "reason", .kind = FIELD_TEXT, .offset = offsetof(struct subject_search, reason), .least = 1, .most = 32},
};
const struct object_type subject_search_type = {.fields = search_fields,
                                                .fields_n = sizeof search_fields / sizeof search_fields[0],
                                                .size = sizeof(struct subject_search),
                                                .check = check_search};

static enum outcome email_keys(struct text given, const struct crypto_key *index_key, struct arena *arena,
                               struct key *out, size_t *n, struct error *err)
{
    struct text email, wide;
    if (!normal_email(given, arena, &email))
        return error_refuse(err, "/email", "email", "this is no email address");
    out[(*n)++] = (struct key){.kind = KEY_EMAIL, .hash = normal_key_email(index_key, email)};
    if (normal_email_wide(email, arena, &wide))
        out[(*n)++] = (struct key){.kind = KEY_EMAIL_WIDE, .hash = normal_key_email_wide(index_key, wide)};
    return DONE;
}

static void add_key(struct key *out, size_t *n, struct key key)
{
    for (size_t i = 0; i < *n; i++)
        if (out[i].kind == key.kind && hash_equal(&out[i].hash, &key.hash))
            return;
    if (*n < SUBJECT_KEYS_MOST)
        out[(*n)++] = key;
}

size_t subject_regions(const struct policy *policy, const char *out[SUBJECT_REGIONS_MOST])
{
    size_t n = 0;
    for (size_t i = 0; policy != NULL && i < policy->sources_n && n < SUBJECT_REGIONS_MOST; i++)
        if (policy->sources[i].region != NULL)
            out[n++] = policy->sources[i].region;
    if (n == 0)
        out[n++] = "ZZ"; /* none: numbers in E.164 alone */
    return n;
}

/* A national number means another in each region that the sources write from. */
static enum outcome phone_keys(struct text given, const struct crypto_key *index_key, const char *const *regions,
                               size_t regions_n, struct arena *arena, struct key *out, size_t *n, struct error *err)
{
    struct text e164;
    for (size_t i = 0; i < regions_n; i++)
        if (normal_phone(given, regions[i], arena, &e164))
            add_key(out, n, (struct key){.kind = KEY_PHONE, .hash = normal_key_phone(index_key, e164)});
    return *n > 0 ? DONE : error_refuse(err, "/phone", "phone", "this is no phone number");
}

enum outcome subject_keys(const struct subject_search *search, const struct crypto_key *index_key,
                          const char *const *regions, size_t regions_n, struct arena *arena, struct key *out,
                          size_t *out_n, struct error *err)
{
    *out_n = 0;
    if (search->email.p != NULL)
        return email_keys(search->email, index_key, arena, out, out_n, err);
    if (search->phone.p != NULL)
        return phone_keys(search->phone, index_key, regions, regions_n, arena, out, out_n, err);
    if (search->has_record)
        add_key(out, out_n,
                (struct key){.kind = KEY_SOURCE,
                             .hash = normal_key_source(index_key, search->record.system, search->record.id)});
    return DONE;
}

static enum outcome check_line(const void *object, const char *pointer, struct error *err)
{
    const struct manifest_line *line = object;
    if ((line->email.p != NULL) + (line->phone.p != NULL) + line->has_source != 1)
        return error_refuse(err, pointer, "one of", "name one of email, phone and source");
    return DONE;
}

static const struct field line_fields[] = {
    {.name = "email", .kind = FIELD_TEXT, .offset = offsetof(struct manifest_line, email), .least = 1, .most = 320},
    {.name = "phone", .kind = FIELD_TEXT, .offset = offsetof(struct manifest_line, phone), .least = 1, .most = 64},
    {.name = "source",
     .kind = FIELD_OBJECT,
     .offset = offsetof(struct manifest_line, source),
     .present_offset = offsetof(struct manifest_line, has_source),
     .type = &record_type},
};
const struct object_type manifest_line_type = {.fields = line_fields,
                                               .fields_n = sizeof line_fields / sizeof line_fields[0],
                                               .size = sizeof(struct manifest_line),
                                               .check = check_line};

enum outcome manifest_keys(const struct manifest_line *line, const struct crypto_key *index_key,
                           const char *const *regions, size_t regions_n, struct arena *arena, struct key *out,
                           size_t *n, struct error *err)
{
    const struct subject_search one = {
        .email = line->email, .phone = line->phone, .record = line->source, .has_record = line->has_source};
    size_t found = 0;
    TRY(subject_keys(&one, index_key, regions, regions_n, arena, out + *n, &found, err));
    *n += found;
    return DONE;
}

const char *subject_detail(const struct subject_search *search, struct arena *arena)
{
    const char *by = search->email.p != NULL   ? "email"
                     : search->phone.p != NULL ? "phone"
                     : search->has_record      ? "record"
                                               : "person";
    bool reason = search->reason.p != NULL;
    return text_cstr(arena, text_format(arena, "%s%s%s%.*s", by, search->fields ? "+fields" : "", reason ? "/" : "",
                                        reason ? (int)search->reason.n : 0, reason ? search->reason.p : ""));
}
