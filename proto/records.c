/* records: the field tables of intake's, dedupe's and retention's events: records, activities, persons, expiries. */
#include "common/policy/policy.h"
#include "proto/table.h"

/* ---- record ------------------------------------------------------------------------------------------------------- */

static const struct field record_accepted_type_fields[] = {
    MUST(record_accepted, record, UUID, 0, 0),
    MUST(record_accepted, rev, INT, 0, INT64_MAX),
    MUST(record_accepted, system, TEXT, 1, 1024),
    MUST(record_accepted, category, TEXT, 1, 1024),
    MAY_OBJECTS(record_accepted, keys, key_type, 0, KEYS_MOST),
    MAY(record_accepted, role_email, HASH, 0, 0),
    MAY(record_accepted, language, TEXT, 0, 0),
    MAY(record_accepted, country, TEXT, 0, 0),
    MUST_ENUM(record_accepted, act, policy_act_names),
    MUST(record_accepted, captured_at, TIME, 0, 0),
    MUST(record_accepted, created_at, TIME, 0, 0),
    MAY_OBJECTS(record_accepted, dates, named_date_type, 0, 200),
    MUST(record_accepted, policy_version, INT, 0, INT64_MAX),
    MAY(record_accepted, restricted, BOOL, 0, 0),
};
OPEN(record_accepted, record_accepted_type, NULL);
EVENT(record_accepted_event, "lethe.record.accepted", "record", record_accepted_type);

static const struct field record_removed_type_fields[] = {
    MUST(record_removed, record, UUID, 0, 0),
    MUST(record_removed, rev, INT, 0, INT64_MAX),
    MUST_ENUM(record_removed, reason, record_end_names),
};
OPEN(record_removed, record_removed_type, NULL);
EVENT(record_removed_event, "lethe.record.removed", "record", record_removed_type);

static const struct field record_joined_type_fields[] = {
    MUST(record_joined, id, UUID, 0, 0),
    MUST_OBJECTS(record_joined, sources, key_type, 0, KEYS_MOST),
};
OPEN(record_joined, record_joined_type, NULL);
EVENT(record_joined_event, "lethe.record.joined", "record", record_joined_type);

static const struct field barrier_type_fields[] = {
    MUST(barrier, barrier, UUID, 0, 0),
    MUST(barrier, partition, INT, 0, INT32_MAX),
    MUST(barrier, partitions, INT, 1, INT32_MAX),
    MAY(barrier, requests, UUIDS, 0, 0),
};
OPEN(barrier, barrier_type, NULL);
EVENT(barrier_event, "lethe.barrier", NULL, barrier_type);

/* ---- activity ----------------------------------------------------------------------------------------------------- */

static const struct field activity_part_type_fields[] = {
    MUST(activity_part, part, UUID, 0, 0),
    MUST_ENUM(activity_part, role, part_role_names),
    MAY(activity_part, staff, BOOL, 0, 0),
    MAY(activity_part, record, UUID, 0, 0),
    MAY_OBJECTS(activity_part, keys, key_type, 0, 100),
};
OPEN(activity_part, activity_part_type, NULL);

static const struct field activity_accepted_type_fields[] = {
    MUST(activity_accepted, activity, UUID, 0, 0),
    MUST(activity_accepted, rev, INT, 0, INT64_MAX),
    MUST(activity_accepted, system, TEXT, 1, 1024),
    MUST(activity_accepted, category, TEXT, 1, 1024),
    MAY_OBJECTS(activity_accepted, parts, activity_part_type, 0, 500),
    MAY_OBJECTS(activity_accepted, dates, named_date_type, 0, 200),
    MUST(activity_accepted, policy_version, INT, 0, INT64_MAX),
};
OPEN(activity_accepted, activity_accepted_type, NULL);
EVENT(activity_accepted_event, "lethe.activity.accepted", "activity", activity_accepted_type);

static const struct field activity_removed_type_fields[] = {
    MUST(activity_removed, activity, UUID, 0, 0),
    MUST(activity_removed, rev, INT, 0, INT64_MAX),
    MUST_ENUM(activity_removed, reason, record_end_names),
};
OPEN(activity_removed, activity_removed_type, NULL);
EVENT(activity_removed_event, "lethe.activity.removed", "activity", activity_removed_type);

/* ---- contacts.refused --------------------------------------------------------------------------------------------- */

static const struct field contact_refused_type_fields[] = {
    MAY(contact_refused, event_id, HASH, 0, 0),   MAY(contact_refused, event_source, HASH, 0, 0),
    MAY(contact_refused, subject, HASH, 0, 0),    MAY(contact_refused, event_type, TEXT, 0, 1024),
    MAY(contact_refused, pointer, TEXT, 0, 256),  MUST(contact_refused, rule, TEXT, 1, 256),
    MAY(contact_refused, quarantine, UUID, 0, 0), MAY(contact_refused, system, TEXT, 0, 1024),
    MAY(contact_refused, request, UUID, 0, 0),    MAY(contact_refused, sent_at, TIME, 0, 0),
    MUST(contact_refused, at, TIME, 0, 0),
};
OPEN(contact_refused, contact_refused_type, NULL);
EVENT(contact_refused_event, "lethe.contact.refused", "contacts.refused", contact_refused_type);

/* ---- person ------------------------------------------------------------------------------------------------------- */

static const struct field person_linked_type_fields[] = {
    MUST(person_linked, person, UUID, 0, 0),    MUST(person_linked, rev, INT, 0, INT64_MAX),
    MUST(person_linked, records, UUIDS, 0, 0),  MAY_OBJECTS(person_linked, keys, key_type, 0, KEYS_MOST),
    MAY(person_linked, language, TEXT, 0, 0),   MAY(person_linked, country, TEXT, 0, 0),
    MAY(person_linked, restricted, BOOL, 0, 0),
};
OPEN(person_linked, person_linked_type, NULL);
EVENT(person_linked_event, "lethe.person.linked", "person", person_linked_type);

static const struct field person_merged_type_fields[] = {
    MUST(person_merged, person, UUID, 0, 0),
    MUST(person_merged, rev, INT, 0, INT64_MAX),
    MAY(person_merged, into, UUID, 0, 0),
};
OPEN(person_merged, person_merged_type, NULL);
EVENT(person_merged_event, "lethe.person.merged", "person", person_merged_type);

static const struct field person_split_type_fields[] = {
    MUST(person_split, person, UUID, 0, 0),
    MUST(person_split, rev, INT, 0, INT64_MAX),
    MUST(person_split, from, UUID, 0, 0),
    MUST(person_split, records, UUIDS, 0, 0),
};
OPEN(person_split, person_split_type, NULL);
EVENT(person_split_event, "lethe.person.split", "person", person_split_type);

/* ---- retention ---------------------------------------------------------------------------------------------------- */

static const struct field retention_expired_type_fields[] = {
    MUST(retention_expired, expiry, UUID, 0, 0),     MAY(retention_expired, records, UUIDS, 0, 0),
    MAY(retention_expired, activities, UUIDS, 0, 0), MAY(retention_expired, parts, UUIDS, 0, 0),
    MUST(retention_expired, rule, TEXT, 1, 1024),    MUST(retention_expired, at, TIME, 0, 0),
};
OPEN(retention_expired, retention_expired_type, NULL);
EVENT(retention_expired_event, "lethe.retention.expired", "retention", retention_expired_type);
