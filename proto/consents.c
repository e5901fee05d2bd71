/* consents: the field tables of consent's and mailer's events. */
#include "common/policy/policy.h"
#include "proto/table.h"

/* ---- consent.in --------------------------------------------------------------------------------------------------- */

static const struct field consent_asked_type_fields[] = {
    MUST(consent_asked, act, UUID, 0, 0),
    MAY(consent_asked, address, UUID, 0, 0),
    MUST_OBJECTS(consent_asked, keys, key_type, 0, 100),
    MAY(consent_asked, record, UUID, 0, 0),
    MUST(consent_asked, channel, TEXT, 1, 1024),
    MUST(consent_asked, purpose, TEXT, 1, 1024),
    MAY(consent_asked, language, TEXT, 0, 0),
    MUST(consent_asked, statement, INT, 0, INT32_MAX),
    MUST(consent_asked, at, TIME, 0, 0),
    MAY(consent_asked, source, TEXT, 0, 0),
    MAY(consent_asked, evidence, UUID, 0, 0),
    MAY_ENUM(consent_asked, whose, address_kind_names),
    MAY(consent_asked, country, TEXT, 0, 0),
    MAY(consent_asked, age_over, INT, 1, 99),
    MAY(consent_asked, own, BOOL, 0, 0),
};
OPEN(consent_asked, consent_asked_type, NULL);
EVENT(consent_asked_event, "lethe.consent.asked", "consent.in", consent_asked_type);

static const struct field consent_asserted_type_fields[] = {
    MUST(consent_asserted, act, UUID, 0, 0),
    MAY(consent_asserted, address, UUID, 0, 0),
    MUST_OBJECTS(consent_asserted, keys, key_type, 0, 100),
    MAY(consent_asserted, record, UUID, 0, 0),
    MUST(consent_asserted, channel, TEXT, 1, 1024),
    MUST(consent_asserted, purpose, TEXT, 1, 1024),
    MAY(consent_asserted, language, TEXT, 0, 0),
    MAY(consent_asserted, source, TEXT, 0, 0),
    MUST(consent_asserted, statement, INT, 0, INT32_MAX),
    MUST(consent_asserted, given_at, TIME, 0, 0),
    MUST_ENUM(consent_asserted, given_by, given_by_names),
    MAY(consent_asserted, double_opt_in, BOOL, 0, 0),
    MAY_ENUM(consent_asserted, whose, address_kind_names),
    MAY(consent_asserted, country, TEXT, 0, 0),
    MAY(consent_asserted, age_over, INT, 1, 99),
    MAY(consent_asserted, soft_opt_in, BOOL, 0, 0),
    MAY(consent_asserted, evidence, UUID, 0, 0),
};
OPEN(consent_asserted, consent_asserted_type, NULL);
EVENT(consent_asserted_event, "lethe.consent.asserted", "consent.in", consent_asserted_type);

static const struct field consent_refused_type_fields[] = {
    MUST(consent_refused, act, UUID, 0, 0),
    MUST_ENUM(consent_refused, kind, refusal_kind_names),
    MUST_OBJECTS(consent_refused, keys, key_type, 0, 100),
    MAY(consent_refused, record, UUID, 0, 0),
    MAY(consent_refused, vault, UUID, 0, 0),
    MAY(consent_refused, channel, TEXT, 1, 1024),
    MAY(consent_refused, purpose, TEXT, 1, 1024),
    MUST(consent_refused, at, TIME, 0, 0),
    MAY(consent_refused, source, TEXT, 0, 0),
};
OPEN(consent_refused, consent_refused_type, NULL);
EVENT(consent_refused_event, "lethe.consent.refused", "consent.in", consent_refused_type);

/* ---- consent ------------------------------------------------------------------------------------------------------ */

static const struct field consent_changed_type_fields[] = {
    MUST(consent_changed, address, UUID, 0, 0),         MAY(consent_changed, vault, UUID, 0, 0),
    MUST(consent_changed, rev, INT, 0, INT64_MAX),      MUST_OBJECTS(consent_changed, keys, key_type, 0, 100),
    MAY(consent_changed, person, UUID, 0, 0),           MAY(consent_changed, channel, TEXT, 1, 1024),
    MAY(consent_changed, purpose, TEXT, 1, 1024),       MUST_ENUM(consent_changed, state, consent_state_names),
    MAY(consent_changed, statement, INT, 0, INT32_MAX), MUST(consent_changed, at, TIME, 0, 0),
    MAY(consent_changed, position, INT, 0, INT64_MAX),
};
OPEN(consent_changed, consent_changed_type, NULL);
EVENT(consent_changed_event, "lethe.consent.changed", "consent", consent_changed_type);

/* ---- mail.in ------------------------------------------------------------------------------------------------------ */

static const struct field mail_requested_type_fields[] = {
    MUST(mail_requested, mail, UUID, 0, 0),           MUST_ENUM(mail_requested, kind, mail_kind_names),
    MAY(mail_requested, address, UUID, 0, 0),         MAY(mail_requested, content, UUID, 0, 0),
    MAY(mail_requested, campaign, UUID, 0, 0),        MAY_OBJECTS(mail_requested, keys, key_type, 0, 100),
    MAY(mail_requested, record, UUID, 0, 0),          MAY(mail_requested, request, UUID, 0, 0),
    MAY(mail_requested, purpose, TEXT, 1, 1024),      MUST(mail_requested, ground, TEXT, 1, NAME_MOST),
    MAY(mail_requested, position, INT, 0, INT64_MAX), MAY(mail_requested, template_name, TEXT, 0, 0),
    MAY(mail_requested, language, TEXT, 0, 0),        MUST(mail_requested, at, TIME, 0, 0),
    MAY(mail_requested, acted_at, TIME, 0, 0),
};
OPEN(mail_requested, mail_requested_type, NULL);
EVENT(mail_requested_event, "lethe.mail.requested", "mail.in", mail_requested_type);

static const struct field campaign_requested_type_fields[] = {
    MUST(campaign_requested, campaign, UUID, 0, 0), MUST(campaign_requested, purpose, TEXT, 1, 1024),
    MUST(campaign_requested, content, UUID, 0, 0),  MUST(campaign_requested, records, UUIDS, 0, 0),
    MAY(campaign_requested, by, UUID, 0, 0),        MUST(campaign_requested, at, TIME, 0, 0),
};
OPEN(campaign_requested, campaign_requested_type, NULL);
EVENT(campaign_requested_event, "lethe.campaign.requested", "mail.in", campaign_requested_type);

/* ---- mail --------------------------------------------------------------------------------------------------------- */

static const struct field mail_changed_type_fields[] = {
    MUST(mail_changed, mail, UUID, 0, 0),
    MUST(mail_changed, rev, INT, 0, INT64_MAX),
    MUST_ENUM(mail_changed, kind, mail_kind_names),
    MUST_ENUM(mail_changed, state, mail_state_names),
    MAY(mail_changed, campaign, UUID, 0, 0),
    MAY(mail_changed, request, UUID, 0, 0),
    MAY(mail_changed, record, UUID, 0, 0),
    MAY_OBJECTS(mail_changed, keys, key_type, 0, 100),
    MAY(mail_changed, purpose, TEXT, 1, 1024),
    MAY(mail_changed, ground, TEXT, 1, NAME_MOST),
    MAY(mail_changed, why, TEXT, 1, 256),
    MAY(mail_changed, position, INT, 0, INT64_MAX),
    MUST(mail_changed, at, TIME, 0, 0),
};
OPEN(mail_changed, mail_changed_type, NULL);
EVENT(mail_changed_event, "lethe.mail.changed", "mail", mail_changed_type);
