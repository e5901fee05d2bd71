/* parts: what events of several topics are made of, and the names of their enums. */
#include "proto/table.h"

const char *const record_end_names[] = {
    [END_DELETED] = "deleted",  [END_MERGED] = "merged",   [END_DEACTIVATED] = "deactivated",
    [END_ERASED] = "erased",    [END_EXPIRED] = "expired", [END_FORGOTTEN] = "forgotten",
    [END_FORGOTTEN + 1] = NULL,
};
const char *const refusal_kind_names[] = {
    [REFUSAL_WITHDRAWN] = "withdrawn",
    [REFUSAL_OBJECTED] = "objected",
    [REFUSAL_OBJECTED + 1] = NULL,
};
const char *const consent_state_names[] = {
    [CONSENT_REQUESTED] = "requested", [CONSENT_CONFIRMED] = "confirmed", [CONSENT_ASSERTED] = "asserted",
    [CONSENT_WITHDRAWN] = "withdrawn", [CONSENT_OBJECTED] = "objected",   [CONSENT_LIFTED] = "lifted",
    [CONSENT_LAPSED] = "lapsed",       [CONSENT_LAPSED + 1] = NULL,
};
const char *const mail_kind_names[] = {
    [MAIL_CONFIRMATION] = "confirmation",
    [MAIL_ANSWER] = "answer",
    [MAIL_PURPOSE] = "purpose",
    [MAIL_PURPOSE + 1] = NULL,
};
const char *const mail_state_names[] = {
    [MAIL_QUEUED] = "queued",     [MAIL_SENDING] = "sending",     [MAIL_SENT] = "sent",
    [MAIL_DEFERRED] = "deferred", [MAIL_BOUNCED] = "bounced",     [MAIL_REFUSED] = "refused",
    [MAIL_UNKNOWN] = "unknown",   [MAIL_CANCELLED] = "cancelled", [MAIL_CANCELLED + 1] = NULL,
};
const char *const forget_phase_names[] = {
    [PHASE_DESTROY] = "destroy",
    [PHASE_VERIFY] = "verify",
    [PHASE_VERIFY + 1] = NULL,
};

static const struct field key_fields[] = {
    MUST_ENUM(key, kind, key_kind_names),
    MUST(key, hash, HASH, 0, 0),
};
const struct object_type key_type = {.fields = key_fields, .fields_n = 2, .size = sizeof(struct key), .open = true};

static const struct field named_date_fields[] = {
    MUST(named_date, name, TEXT, 1, NAME_MOST),
    MUST(named_date, at, TIME, 0, 0),
};
const struct object_type named_date_type = {
    .fields = named_date_fields, .fields_n = 2, .size = sizeof(struct named_date), .open = true};

static const struct field named_count_fields[] = {
    MUST(named_count, name, TEXT, 1, NAME_MOST),
    MUST(named_count, n, INT, 0, INT64_MAX),
};
const struct object_type named_count_type = {
    .fields = named_count_fields, .fields_n = 2, .size = sizeof(struct named_count), .open = true};
