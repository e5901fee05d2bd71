/* api: the field tables of dedupe's internal HTTP bodies. */
#include "services/dedupe/api.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct field key_fields[] = {
    {.name = "kind",
     .kind = FIELD_ENUM,
     .required = true,
     .offset = offsetof(struct key, kind),
     .names = key_kind_names},
    {.name = "hash", .kind = FIELD_HASH, .required = true, .offset = offsetof(struct key, hash)},
};
static const struct object_type key_type = {
    .fields = key_fields, .fields_n = N(key_fields), .size = sizeof(struct key)};

static const struct field resolve_fields[] = {
    {.name = "keys",
     .kind = FIELD_OBJECTS,
     .offset = offsetof(struct resolve_asked, keys),
     .most = 256,
     .type = &key_type},
    {.name = "records", .kind = FIELD_UUIDS, .offset = offsetof(struct resolve_asked, records), .most = 256},
    {.name = "persons", .kind = FIELD_UUIDS, .offset = offsetof(struct resolve_asked, persons), .most = 256},
};
const struct object_type resolve_asked_type = {
    .fields = resolve_fields, .fields_n = N(resolve_fields), .size = sizeof(struct resolve_asked)};

static const struct field person_fields[] = {
    {.name = "person", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct resolve_person, person)},
    {.name = "rev",
     .kind = FIELD_INT,
     .required = true,
     .offset = offsetof(struct resolve_person, rev),
     .least = 0,
     .most = INT64_MAX},
    {.name = "restricted", .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct resolve_person, restricted)},
    {.name = "records", .kind = FIELD_UUIDS, .offset = offsetof(struct resolve_person, records)},
    {.name = "keys",
     .kind = FIELD_OBJECTS,
     .offset = offsetof(struct resolve_person, keys),
     .most = 20000,
     .type = &key_type},
};
static const struct object_type person_type = {
    .fields = person_fields, .fields_n = N(person_fields), .size = sizeof(struct resolve_person)};

static const struct field answer_fields[] = {
    {.name = "persons",
     .kind = FIELD_OBJECTS,
     .required = true,
     .offset = offsetof(struct resolve_answer, persons),
     .most = 100000,
     .type = &person_type},
};
const struct object_type resolve_answer_type = {
    .fields = answer_fields, .fields_n = N(answer_fields), .size = sizeof(struct resolve_answer)};

const char *const review_verdict_names[] = {"same", "different", "undo", "unsure", NULL};

static enum outcome check_decided(const void *object, const char *pointer, struct error *err)
{
    const struct review_decided *in = object;
    bool by_hand = in->records.n > 0 && in->others.n > 0;

    if (uuid_is_nil(&in->review) != by_hand)
        return error_refuse(err, pointer, "review or records", "name a review, or records and others");
    if (in->decision == REVIEW_UNSURE && by_hand)
        return error_refuse(err, pointer, "review", "nobody has asked: there is nothing to be unsure about");
    return DONE;
}

static const struct field decided_fields[] = {
    {.name = "decision",
     .kind = FIELD_ENUM,
     .required = true,
     .offset = offsetof(struct review_decided, decision),
     .names = review_verdict_names},
    {.name = "review", .kind = FIELD_UUID, .offset = offsetof(struct review_decided, review)},
    {.name = "records", .kind = FIELD_UUIDS, .offset = offsetof(struct review_decided, records), .most = 64},
    {.name = "others", .kind = FIELD_UUIDS, .offset = offsetof(struct review_decided, others), .most = 64},
    {.name = "by", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct review_decided, by)},
    {.name = "reason",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct review_decided, reason),
     .least = 1,
     .most = 64},
};
const struct object_type review_decided_type = {.fields = decided_fields,
                                                .fields_n = N(decided_fields),
                                                .size = sizeof(struct review_decided),
                                                .check = check_decided};

static const struct field outcome_fields[] = {
    {.name = "persons", .kind = FIELD_UUIDS, .required = true, .offset = offsetof(struct review_outcome, persons)},
    {.name = "waits", .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct review_outcome, waits)},
};
const struct object_type review_outcome_type = {
    .fields = outcome_fields, .fields_n = N(outcome_fields), .size = sizeof(struct review_outcome)};

static const struct field item_fields[] = {
    {.name = "review", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct review_item, review)},
    {.name = "records", .kind = FIELD_UUIDS, .required = true, .offset = offsetof(struct review_item, records)},
    {.name = "persons", .kind = FIELD_UUIDS, .required = true, .offset = offsetof(struct review_item, persons)},
    {.name = "opened_at", .kind = FIELD_TIME, .required = true, .offset = offsetof(struct review_item, opened_at)},
    {.name = "urgent", .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct review_item, urgent)},
    {.name = "unsure", .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct review_item, unsure)},
    {.name = "proposed", .kind = FIELD_TEXT, .offset = offsetof(struct review_item, proposed), .most = 16},
    {.name = "why", .kind = FIELD_TEXT, .offset = offsetof(struct review_item, why), .most = 1024},
};
static const struct object_type item_type = {
    .fields = item_fields, .fields_n = N(item_fields), .size = sizeof(struct review_item)};

static const struct field page_fields[] = {
    {.name = "reviews",
     .kind = FIELD_OBJECTS,
     .required = true,
     .offset = offsetof(struct review_page, reviews),
     .type = &item_type},
    {.name = "next", .kind = FIELD_TEXT, .most = 64, .offset = offsetof(struct review_page, next)},
};
const struct object_type review_page_type = {
    .fields = page_fields, .fields_n = N(page_fields), .size = sizeof(struct review_page)};

static const struct field taken_fields[] = {
    {.name = "weights",
     .kind = FIELD_TEXT,
     .required = true,
     .offset = offsetof(struct weights_taken, weights),
     .most = 65536},
    {.name = "by", .kind = FIELD_UUID, .required = true, .offset = offsetof(struct weights_taken, by)},
};
const struct object_type weights_taken_type = {
    .fields = taken_fields, .fields_n = N(taken_fields), .size = sizeof(struct weights_taken)};

#define STATUS_INT(member)                                                                                             \
    {                                                                                                                  \
        .name = #member, .kind = FIELD_INT, .required = true, .offset = offsetof(struct weights_status, member),       \
        .least = 0, .most = INT64_MAX                                                                                  \
    }
static const struct field status_fields[] = {
    STATUS_INT(version),
    {.name = "running", .kind = FIELD_BOOL, .required = true, .offset = offsetof(struct weights_status, running)},
    STATUS_INT(records),
    STATUS_INT(decided),
    {.name = "began_at", .kind = FIELD_TIME, .offset = offsetof(struct weights_status, began_at)},
    {.name = "ended_at", .kind = FIELD_TIME, .offset = offsetof(struct weights_status, ended_at)},
};
const struct object_type weights_status_type = {
    .fields = status_fields, .fields_n = N(status_fields), .size = sizeof(struct weights_status)};
