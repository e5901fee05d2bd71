/* types: every event type there is. */
#include "proto/contact.h"
#include "proto/events.h"

const struct event_type *const event_types[] = {
    &contact_recorded_event,   &contact_merged_event,    &contact_removed_event,   &activity_recorded_event,
    &consent_requested_event,  &consent_recorded_event,  &consent_withdrawn_event, &consent_objected_event,
    &forget_requested_event,   &barrier_event,           &record_accepted_event,   &record_removed_event,
    &record_joined_event,      &activity_accepted_event, &activity_removed_event,  &contact_refused_event,
    &consent_asked_event,      &consent_asserted_event,  &consent_refused_event,   &person_linked_event,
    &person_merged_event,      &person_split_event,      &consent_changed_event,   &mail_requested_event,
    &campaign_requested_event, &mail_changed_event,      &retention_expired_event, &forget_wanted_event,
    &forget_opened_event,      &forget_destroy_event,    &forget_verify_event,     &forget_cancelled_event,
    &forget_completed_event,   &forget_resolved_event,   &forget_result_event,     &backup_answer_event,
    &holder_instruction_event, &holder_result_event,     &sealed_box_event,        &signed_result_event,
    &request_changed_event,    &dead_letter_event,       &ledger_line_event,
};
const size_t event_types_n = sizeof(event_types) / sizeof(event_types[0]);
