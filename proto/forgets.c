/* forgets: the field tables of the road of a forget, of outside holders' verbs and answers, and of a request's status, and dead letters. */
#include <stdio.h>

#include "proto/table.h"

/* ---- requests.in -------------------------------------------------------------------------------------------------- */

static const struct field forget_wanted_type_fields[] = {
    MUST(forget_wanted, request, UUID, 0, 0), MUST_OBJECTS(forget_wanted, keys, key_type, 0, 100),
    MAY(forget_wanted, record, UUID, 0, 0),   MUST(forget_wanted, source, TEXT, 1, 1024),
    MAY(forget_wanted, verified, BOOL, 0, 0), MAY(forget_wanted, relation, TEXT, 1, NAME_MOST),
    MAY(forget_wanted, contact, UUID, 0, 0),  MUST(forget_wanted, received_at, TIME, 0, 0),
};
OPEN(forget_wanted, forget_wanted_type, NULL);
EVENT(forget_wanted_event, "lethe.forget.wanted", "requests.in", forget_wanted_type);

/* ---- forget ------------------------------------------------------------------------------------------------------- */

static const struct field forget_opened_type_fields[] = {
    MUST(forget_opened, request, UUID, 0, 0),
    MUST(forget_opened, controller, TEXT, 1, 256),
    MUST_OBJECTS(forget_opened, keys, key_type, 0, KEYS_MOST),
    MAY(forget_opened, records, UUIDS, 0, 0),
    MAY(forget_opened, persons, UUIDS, 0, 0),
    MUST(forget_opened, received_at, TIME, 0, 0),
    MAY(forget_opened, tombstones_until, TIME, 0, 0),
    MAY(forget_opened, barrier, BOOL, 0, 0),
};
OPEN(forget_opened, forget_opened_type, NULL);
EVENT(forget_opened_event, "lethe.forget.opened", "forget", forget_opened_type);

static const struct field forget_destroy_type_fields[] = {
    MUST(forget_destroy, request, UUID, 0, 0),
    MAY(forget_destroy, expiry, BOOL, 0, 0),
    MAY_OBJECTS(forget_destroy, keys, key_type, 0, KEYS_MOST),
    MAY(forget_destroy, persons, UUIDS, 0, 0),
    MAY(forget_destroy, records, UUIDS, 0, 0),
    MAY(forget_destroy, activities, UUIDS, 0, 0),
    MAY(forget_destroy, parts, UUIDS, 0, 0),
    MAY(forget_destroy, received_at, TIME, 0, 0),
    MAY(forget_destroy, tombstones_until, TIME, 0, 0),
    MAY(forget_destroy, barrier, UUID, 0, 0),
    MAY(forget_destroy, only, TEXTS, 0, 16),
};
OPEN(forget_destroy, forget_destroy_type, NULL);
EVENT(forget_destroy_event, "lethe.forget.destroy", "forget", forget_destroy_type);

static const struct field forget_step_type_fields[] = {
    MUST(forget_step, request, UUID, 0, 0),
    MUST(forget_step, at, TIME, 0, 0),
    MAY(forget_step, only, TEXTS, 0, 16),
};
OPEN(forget_step, forget_step_type, NULL);
EVENT(forget_verify_event, "lethe.forget.verify", "forget", forget_step_type);
EVENT(forget_cancelled_event, "lethe.forget.cancelled", "forget", forget_step_type);
EVENT(forget_completed_event, "lethe.forget.completed", "forget", forget_step_type);

/* ---- forgets.ledger ------------------------------------------------------------------------------------------------ */

static const struct field ledger_line_type_fields[] = {
    MUST(ledger_line, number, INT, 0, INT64_MAX),
    MUST(ledger_line, at, INT, 0, INT64_MAX),
    MUST(ledger_line, id, UUID, 0, 0),
    MUST(ledger_line, type, TEXT, 1, NAME_MOST),
    MUST(ledger_line, data, JSON, 0, 900000),
    MUST(ledger_line, hash, TEXT, 1, 64),
};
OPEN(ledger_line, ledger_line_type, NULL);
EVENT(ledger_line_event, "lethe.ledger.line", "forgets.ledger", ledger_line_type);

/* ---- forget.result ------------------------------------------------------------------------------------------------ */

static const struct field forget_resolved_type_fields[] = {
    MUST(forget_resolved, request, UUID, 0, 0),
    MUST(forget_resolved, barrier, UUID, 0, 0),
    MAY(forget_resolved, persons, UUIDS, 0, 0),
    MAY(forget_resolved, records, UUIDS, 0, 0),
    MAY_OBJECTS(forget_resolved, keys, key_type, 0, KEYS_MOST),
    MAY_OBJECTS(forget_resolved, shared, key_type, 0, KEYS_MOST),
    MAY(forget_resolved, review, BOOL, 0, 0),
};
OPEN(forget_resolved, forget_resolved_type, NULL);
EVENT(forget_resolved_event, "lethe.forget.resolved", "forget.result", forget_resolved_type);

static const struct field forget_result_type_fields[] = {
    MUST(forget_result, request, UUID, 0, 0),
    MUST(forget_result, service, TEXT, 1, NAME_MOST),
    MUST_ENUM(forget_result, phase, forget_phase_names),
    MUST(forget_result, rows, INT, 0, INT64_MAX),
    MUST(forget_result, remaining, INT, 0, INT64_MAX),
    MUST(forget_result, at, TIME, 0, 0),
    MAY_OBJECTS(forget_result, counts, named_count_type, 0, 100),
};
OPEN(forget_result, forget_result_type, NULL);
EVENT(forget_result_event, "lethe.forget.result", "forget.result", forget_result_type);

static enum outcome refuse_below(struct error *err, const char *pointer, const char *below)
{
    char whole[sizeof err->pointer];

    if (snprintf(whole, sizeof whole, "%s%s", pointer, below) >= (int)sizeof whole)
        whole[0] = 0;
    return error_refuse(err, whole, "enum", "the value is none of those that the field knows");
}

static bool one_of(struct text value, const char *const *names)
{
    for (; *names != NULL; names++)
        if (text_is(value, *names))
            return true;
    return false;
}

static enum outcome check_backup_answer(const void *object, const char *pointer, struct error *err)
{
    static const char *const known[] = {"dark", "gone", "not-held", "human", NULL};

    return one_of(((const struct backup_answer *)object)->outcome, known) ? DONE
                                                                          : refuse_below(err, pointer, "/outcome");
}

static const struct field backup_answer_type_fields[] = {
    MUST(backup_answer, request, UUID, 0, 0),    MUST(backup_answer, backup, UUID, 0, 0),
    MUST(backup_answer, outcome, TEXT, 1, 16),   MUST(backup_answer, at, TIME, 0, 0),
    MAY(backup_answer, why, TEXT, 0, 1024),      MAY(backup_answer, evidence, TEXT, 1, 128),
    MAY(backup_answer, recorded_by, UUID, 0, 0), MAY(backup_answer, confirmed_by, UUID, 0, 0),
    MAY(backup_answer, until, TIME, 0, 0),
};
OPEN(backup_answer, backup_answer_type, check_backup_answer);
EVENT(backup_answer_event, "lethe.backup.answered", "forget.result", backup_answer_type);

/* ---- holders ------------------------------------------------------------------------------------------------------ */

static const struct field holder_identifier_type_fields[] = {
    MUST(holder_identifier, kind, TEXT, 1, NAME_MOST),
    MAY(holder_identifier, system, TEXT, 1, 1024),
    MUST(holder_identifier, value, TEXT, 1, 1024),
};
OPEN(holder_identifier, holder_identifier_type, NULL);

static const struct field holder_instruction_type_fields[] = {
    MUST(holder_instruction, instruction, UUID, 0, 0),
    MUST(holder_instruction, request, UUID, 0, 0),
    MUST(holder_instruction, seq, INT, 0, INT64_MAX),
    MUST(holder_instruction, controller, TEXT, 1, 256),
    MUST(holder_instruction, verb, TEXT, 1, NAME_MOST),
    MUST_OBJECTS(holder_instruction, identifiers, holder_identifier_type, 0, 1000),
    MAY(holder_instruction, fields, TEXTS, 0, 200),
    MAY(holder_instruction, purpose, TEXT, 1, 1024),
    MAY(holder_instruction, due_at, TIME, 0, 0),
};
OPEN(holder_instruction, holder_instruction_type, NULL);
EVENT(holder_instruction_event, "lethe.holder.instruction", NULL, holder_instruction_type);

static enum outcome check_holder_result(const void *object, const char *pointer, struct error *err)
{
    static const char *const known[] = {"done", "reversible", "not-held", "kept", "impossible", "need", NULL};

    return one_of(((const struct holder_result *)object)->outcome, known) ? DONE
                                                                          : refuse_below(err, pointer, "/outcome");
}

static const struct field holder_result_type_fields[] = {
    MUST(holder_result, instruction, UUID, 0, 0), MUST(holder_result, outcome, TEXT, 1, 16),
    MAY(holder_result, until, TIME, 0, 0),        MAY(holder_result, rule, TEXT, 0, 256),
    MAY(holder_result, why, TEXT, 0, 1024),       MAY(holder_result, evidence, TEXT, 0, 16384),
};
OPEN(holder_result, holder_result_type, check_holder_result);
EVENT(holder_result_event, "lethe.holder.result", NULL, holder_result_type);

static const struct field sealed_box_type_fields[] = {
    MUST(sealed_box, instruction, UUID, 0, 0),
    MUST(sealed_box, box, TEXT, 1, 1000000),
};
OPEN(sealed_box, sealed_box_type, NULL);
EVENT(sealed_box_event, "lethe.holder.instruction", NULL, sealed_box_type);

static const struct field signed_result_type_fields[] = {
    MUST(signed_result, holder, TEXT, 1, 256),
    MUST(signed_result, body, TEXT, 1, 65536),
    MUST(signed_result, signature, TEXT, 1, 128),
};
OPEN(signed_result, signed_result_type, NULL);
EVENT(signed_result_event, "lethe.holder.result", "holder.result", signed_result_type);

/* ---- admin -------------------------------------------------------------------------------------------------------- */

static const struct field request_changed_type_fields[] = {
    MUST(request_changed, request, UUID, 0, 0),         MUST(request_changed, rev, INT, 0, INT64_MAX),
    MUST(request_changed, kind, TEXT, 1, NAME_MOST),    MUST(request_changed, status, TEXT, 1, NAME_MOST),
    MAY(request_changed, decision, TEXT, 1, NAME_MOST), MUST(request_changed, received_at, TIME, 0, 0),
    MAY(request_changed, due_at, TIME, 0, 0),           MAY(request_changed, completed_at, TIME, 0, 0),
};
OPEN(request_changed, request_changed_type, NULL);
EVENT(request_changed_event, "lethe.request.changed", "admin", request_changed_type);

/* ---- dead --------------------------------------------------------------------------------------------------------- */

static const struct field dead_letter_type_fields[] = {
    MUST(dead_letter, service, TEXT, 1, NAME_MOST),
    MUST(dead_letter, topic, TEXT, 1, 256),
    MUST(dead_letter, partition, INT, -1, INT32_MAX),
    MUST(dead_letter, offset, INT, -1, INT64_MAX),
    MUST(dead_letter, type, TEXT, 1, 1024),
    MAY(dead_letter, pointer, TEXT, 0, 256),
    MUST(dead_letter, rule, TEXT, 1, 256),
};
OPEN(dead_letter, dead_letter_type, NULL);
EVENT(dead_letter_event, "lethe.dead.letter", "dead", dead_letter_type);
