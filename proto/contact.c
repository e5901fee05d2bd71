/* contact: the field tables of what upstream publishes. All are closed: a member that no table names is refused, so that
 * nothing is taken in unseen; which of `fields` are kept is the policy's decision. */
#include <stdio.h>

#include "common/policy/policy.h"
#include "proto/table.h"

const char *const change_kind_names[] = {[CHANGE_FULL] = "full", [CHANGE_PATCH] = "patch", [CHANGE_PATCH + 1] = NULL};
const char *const removed_reason_names[] = {
    [REMOVED_DELETED] = "deleted", [REMOVED_MERGED] = "merged", [REMOVED_DEACTIVATED] = "deactivated",
    [REMOVED_ERASED] = "erased",   [REMOVED_ERASED + 1] = NULL,
};
const char *const part_role_names[] = {
    [ROLE_CUSTOMER] = "customer",   [ROLE_FROM] = "from",   [ROLE_TO] = "to",        [ROLE_CC] = "cc",
    [ROLE_MENTIONED] = "mentioned", [ROLE_STAFF] = "staff", [ROLE_STAFF + 1] = NULL,
};
const char *const given_by_names[] = {
    [GIVEN_BY_SUBJECT] = "subject",
    [GIVEN_BY_GUARDIAN] = "guardian",
    [GIVEN_BY_GUARDIAN + 1] = NULL,
};

/* ---- rules -------------------------------------------------------------------------------------------------------- */

static enum outcome refuse_below(struct error *err, const char *pointer, const char *below, const char *rule,
                                 const char *why)
{
    char whole[sizeof err->pointer];

    if (snprintf(whole, sizeof whole, "%s%s", pointer, below) >= (int)sizeof whole)
        whole[0] = 0;
    return error_refuse(err, whole, rule, "%s", why);
}

/* The name of a source system: it stands in events, logs and metrics, so it is kept plain. */
static enum outcome check_system(struct text system, const char *pointer, struct error *err)
{
    for (size_t i = 0; i < system.n; i++) {
        char c = system.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return refuse_below(err, pointer, "/system", "format", "a system's name is of a-z, 0-9, dot, _ and -");
    }
    return DONE;
}

static enum outcome check_record_ref(const void *object, const char *pointer, struct error *err)
{
    return check_system(((const struct record_ref *)object)->system, pointer, err);
}

static enum outcome check_record_version(const void *object, const char *pointer, struct error *err)
{
    return check_system(((const struct record_version *)object)->system, pointer, err);
}

static enum outcome check_merged(const void *object, const char *pointer, struct error *err)
{
    const struct contact_merged *merged = object;

    TRY(check_system(merged->system, pointer, err));
    for (size_t i = 0; i < merged->losers.n; i++)
        if (merged->losers.items[i].n > SOURCE_ID_MOST) {
            char below[32];

            (void)snprintf(below, sizeof below, "/losers/%zu", i);
            return refuse_below(err, pointer, below, "too long", "an id is longer than 256 bytes");
        }
    return DONE;
}

/* A language tag (BCP 47), as far as its letters go. */
static enum outcome check_language(struct text language, const char *pointer, struct error *err)
{
    for (size_t i = 0; i < language.n; i++) {
        char c = language.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'))
            return refuse_below(err, pointer, "/language", "format", "this is no language tag");
    }
    return DONE;
}

static enum outcome check_ask(const void *object, const char *pointer, struct error *err)
{
    return check_language(((const struct consent_ask *)object)->language, pointer, err);
}

static enum outcome check_consent_act(const void *object, const char *pointer, struct error *err)
{
    const struct consent_act *act = object;

    for (size_t i = 0; i < act->country.n; i++)
        if (act->country.p[i] < 'A' || act->country.p[i] > 'Z')
            return refuse_below(err, pointer, "/country", "format", "this is no country (ISO 3166: DE, FR)");
    return check_language(act->language, pointer, err);
}

static enum outcome check_person(const void *object, const char *pointer, struct error *err)
{
    const struct activity_person *person = object;

    return person->has_record || person->email.p != NULL
               ? DONE
               : refuse_below(err, pointer, "", "required", "a person needs a record or an email");
}

static enum outcome check_refusal(const void *object, const char *pointer, struct error *err)
{
    const struct consent_refusal *refusal = object;

    return refusal->has_record || refusal->address.p != NULL
               ? DONE
               : refuse_below(err, pointer, "", "required", "a refusal needs a record or an address");
}

static enum outcome check_forget(const void *object, const char *pointer, struct error *err)
{
    const struct forget_asked *asked = object;

    return asked->has_record || asked->address.p != NULL
               ? DONE
               : refuse_below(err, pointer, "", "required", "a request needs a record or an address");
}

static enum outcome check_requester(const void *object, const char *pointer, struct error *err)
{
    struct text relation = ((const struct requester *)object)->relation;

    return text_is(relation, "self") || text_is(relation, "guardian") || text_is(relation, "agent") ||
                   text_is(relation, "lawyer")
               ? DONE
               : refuse_below(err, pointer, "/relation", "enum", "the relation is none that is known");
}

/* ---- parts -------------------------------------------------------------------------------------------------------- */

static const struct field record_ref_type_fields[] = {
    MUST(record_ref, system, TEXT, 1, NAME_MOST),
    MUST(record_ref, id, TEXT, 1, SOURCE_ID_MOST),
};
CLOSED(record_ref, record_ref_type, check_record_ref);

static const struct field record_version_type_fields[] = {
    MUST(record_version, system, TEXT, 1, NAME_MOST),
    MUST(record_version, id, TEXT, 1, SOURCE_ID_MOST),
    MUST(record_version, version, VERSION, 0, 0),
};
CLOSED(record_version, record_version_type, check_record_version);

static const struct field record_maybe_version_type_fields[] = {
    MUST(record_version, system, TEXT, 1, NAME_MOST),
    MUST(record_version, id, TEXT, 1, SOURCE_ID_MOST),
    MAY(record_version, version, VERSION, 0, 0),
};
CLOSED(record_version, record_maybe_version_type, check_record_version);

static const struct field notice_type_fields[] = {
    MUST(notice, version, INT, 0, INT32_MAX),
    MUST(notice, given_at, TIME, 0, 0),
};
CLOSED(notice, notice_type, NULL);

static const struct field provenance_type_fields[] = {
    MUST(provenance, channel, TEXT, 1, NAME_MOST), MUST(provenance, location, TEXT, 1, 1024),
    MUST(provenance, captured_at, TIME, 0, 0),     MAY(provenance, captured_by, TEXT, 0, 256),
    MUST_ENUM(provenance, act, policy_act_names),  MAY_OBJECT(provenance, notice, notice_type),
};
CLOSED(provenance, provenance_type, NULL);

static const struct field consent_ask_type_fields[] = {
    MUST(consent_ask, purpose, TEXT, 1, NAME_MOST),
    MUST(consent_ask, statement, INT, 1, INT32_MAX),
    MAY(consent_ask, language, TEXT, 2, 35),
};
CLOSED(consent_ask, consent_ask_type, check_ask);

static const struct field activity_person_type_fields[] = {
    MUST_ENUM(activity_person, role, part_role_names),
    MAY_OBJECT(activity_person, record, record_ref_type),
    MAY(activity_person, email, TEXT, 1, ADDRESS_MOST),
    MAY(activity_person, name, TEXT, 0, 256),
};
CLOSED(activity_person, activity_person_type, check_person);

static const struct field verification_type_fields[] = {
    MUST(verification, method, TEXT, 1, NAME_MOST),
    MAY(verification, level, TEXT, 1, NAME_MOST),
    MAY(verification, by, TEXT, 1, 256),
    MUST(verification, at, TIME, 0, 0),
};
CLOSED(verification, verification_type, NULL);

static const struct field requester_type_fields[] = {
    MUST(requester, relation, TEXT, 1, NAME_MOST),
    MAY(requester, reply_to, TEXT, 1, ADDRESS_MOST),
};
CLOSED(requester, requester_type, check_requester);

/* ---- events ------------------------------------------------------------------------------------------------------- */

static const struct field contact_recorded_type_fields[] = {
    MUST_OBJECT(contact_recorded, record, record_version_type),
    MAY_ENUM(contact_recorded, change, change_kind_names),
    MUST(contact_recorded, category, TEXT, 1, NAME_MOST),
    MUST_OBJECT(contact_recorded, provenance, provenance_type),
    MUST(contact_recorded, fields, SCALARS, 0, 200),
    MAY_OBJECTS(contact_recorded, consents, consent_ask_type, 0, 50),
};
CLOSED(contact_recorded, contact_recorded_type, NULL);
EVENT(contact_recorded_event, "lethe.contact.recorded", "contacts.in", contact_recorded_type);

static const struct field contact_merged_type_fields[] = {
    MUST(contact_merged, system, TEXT, 1, NAME_MOST),
    MUST(contact_merged, survivor, TEXT, 1, SOURCE_ID_MOST),
    MUST(contact_merged, losers, TEXTS, 1, 100),
    MAY(contact_merged, version, VERSION, 0, 0),
};
CLOSED(contact_merged, contact_merged_type, check_merged);
EVENT(contact_merged_event, "lethe.contact.merged", "contacts.in", contact_merged_type);

static const struct field contact_removed_type_fields[] = {
    MUST_OBJECT(contact_removed, record, record_maybe_version_type),
    MUST_ENUM(contact_removed, reason, removed_reason_names),
};
CLOSED(contact_removed, contact_removed_type, NULL);
EVENT(contact_removed_event, "lethe.contact.removed", "contacts.in", contact_removed_type);

static const struct field activity_recorded_type_fields[] = {
    MUST_OBJECT(activity_recorded, activity, record_version_type),
    MUST(activity_recorded, category, TEXT, 1, NAME_MOST),
    MUST_OBJECTS(activity_recorded, persons, activity_person_type, 1, 500),
    MUST(activity_recorded, occurred_at, TIME, 0, 0),
    MAY(activity_recorded, closed_at, TIME, 0, 0),
    MAY(activity_recorded, warranty_until, TIME, 0, 0),
    MAY(activity_recorded, invoice_date, TIME, 0, 0),
    MAY_OBJECT(activity_recorded, provenance, provenance_type),
    MAY(activity_recorded, fields, SCALARS, 0, 200),
};
CLOSED(activity_recorded, activity_recorded_type, NULL);
EVENT(activity_recorded_event, "lethe.activity.recorded", "contacts.in", activity_recorded_type);

static const struct field soft_opt_in_type_fields[] = {
    MUST(soft_opt_in, sale, TEXT, 1, 256),
    MUST(soft_opt_in, similar, BOOL, 0, 0),
    MUST(soft_opt_in, opt_out_offered, BOOL, 0, 0),
};
CLOSED(soft_opt_in, soft_opt_in_type, NULL);

static const struct field age_type_fields[] = {
    MUST(age_assurance, over, INT, 1, 99),
    MUST(age_assurance, how, TEXT, 1, 256),
};
CLOSED(age_assurance, age_type, NULL);

#define CONSENT_ACT_FIELDS                                                                                             \
    MUST(consent_act, address, TEXT, 1, ADDRESS_MOST), MUST(consent_act, channel, TEXT, 1, NAME_MOST),                 \
        MUST(consent_act, purpose, TEXT, 1, NAME_MOST), MUST(consent_act, statement, INT, 1, INT32_MAX),               \
        MAY(consent_act, language, TEXT, 2, 35), MUST_OBJECT(consent_act, provenance, provenance_type),                \
        MAY_ENUM(consent_act, whose, address_kind_names), MAY(consent_act, country, TEXT, 2, 2),                       \
        MAY_OBJECT(consent_act, age, age_type)

static const struct field consent_requested_type_fields[] = {CONSENT_ACT_FIELDS};
CLOSED(consent_act, consent_requested_type, check_consent_act);
EVENT(consent_requested_event, "lethe.consent.requested", "contacts.in", consent_requested_type);

static const struct field consent_recorded_type_fields[] = {
    CONSENT_ACT_FIELDS,
    MUST(consent_act, given_at, TIME, 0, 0),
    MUST_ENUM(consent_act, given_by, given_by_names),
    MUST(consent_act, how, TEXT, 1, 256),
    MAY(consent_act, double_opt_in, BOOL, 0, 0),
    MAY(consent_act, evidence, JSON, 0, 16384),
    MAY_OBJECT(consent_act, soft_opt_in, soft_opt_in_type),
};
CLOSED(consent_act, consent_recorded_type, check_consent_act);
EVENT(consent_recorded_event, "lethe.consent.recorded", "contacts.in", consent_recorded_type);

static const struct field consent_refusal_type_fields[] = {
    MAY(consent_refusal, address, TEXT, 1, ADDRESS_MOST),
    MAY_OBJECT(consent_refusal, record, record_ref_type),
    MAY(consent_refusal, purpose, TEXT, 1, NAME_MOST),
    MUST(consent_refusal, at, TIME, 0, 0),
    MAY(consent_refusal, how, TEXT, 0, 256),
};
CLOSED(consent_refusal, consent_refusal_type, check_refusal);
EVENT(consent_withdrawn_event, "lethe.consent.withdrawn", "contacts.in", consent_refusal_type);
EVENT(consent_objected_event, "lethe.consent.objected", "contacts.in", consent_refusal_type);

static const struct field forget_asked_type_fields[] = {
    MAY(forget_asked, address, TEXT, 1, ADDRESS_MOST),   MAY_OBJECT(forget_asked, record, record_ref_type),
    MAY_OBJECT(forget_asked, requester, requester_type), MAY_OBJECT(forget_asked, verification, verification_type),
    MUST(forget_asked, received_at, TIME, 0, 0),
};
CLOSED(forget_asked, forget_asked_type, check_forget);
EVENT(forget_requested_event, "lethe.forget.requested", "contacts.in", forget_asked_type);
