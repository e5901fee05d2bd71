/* backup: the decisions. */
#include "services/backup/backup.h"

const char *const backup_kind_names[] = {"own", "outside", NULL};
const char *const backup_contents_names[] = {"everything", "system", "manifest", NULL};

enum outcome backup_check(const struct backup *backup, int64_t now_us, struct error *err)
{
    if (backup->taken_us > now_us + MINUTES(5))
        return error_refuse(err, "/taken_at", "range", "a backup can't have been taken in the future");
    if (backup->expires_us != CLOCK_NONE && backup->expires_us <= backup->taken_us)
        return error_refuse(err, "/expires_at", "range", "a backup ends after it was taken");
    if (backup->contents == CONTENTS_SYSTEM && backup->system.n == 0)
        return error_refuse(err, "/system", "required", "an archive of a system names the system");
    if (backup->kind == BACKUP_OUTSIDE && backup->keyring)
        return error_refuse(err, "/keyring", "enum", "the keyring never leaves our own backups");
    return DONE;
}

struct backup_verdict decide_verdict(const struct backup *backup, int64_t destroyed_us)
{
    if (backup->kind == BACKUP_OWN && !backup->keyring)
        return (struct backup_verdict){"dark", destroyed_us, "its keys are destroyed"};
    if (backup->expires_us == CLOCK_NONE)
        return (struct backup_verdict){"human", destroyed_us, "nobody knows when it ends"};
    if (backup->keyring)
        return (struct backup_verdict){"gone", backup->expires_us, "it holds wrapped keys until it ends"};
    return (struct backup_verdict){"gone", backup->expires_us, "it lies outside until it ends"};
}

/* ---- what a human answers -------------------------------------------------------------------------------------------- */

const char *const human_outcome_names[] = {"dark", "gone", "not-held", NULL};

static bool is_code(struct text text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                    c == '_' || c == ':' || c == '/' || c == '#' || c == '-';
        if (!fine)
            return false;
    }
    return true;
}

static bool same_answer(const struct human_answer *recorded, const struct human_answer *given)
{
    return recorded->outcome == given->outcome && (given->at == CLOCK_NONE || given->at == recorded->at) &&
           (given->evidence.p == NULL || text_equal(given->evidence, recorded->evidence));
}

enum outcome decide_human(const struct human_answer *recorded, struct human_answer *given, int64_t now_us,
                          enum human_step *step, struct error *err)
{
    if (given->outcome < 0)
        return error_refuse(err, "/outcome", "enum", "a human answers dark, gone or not-held");
    if (given->at != CLOCK_NONE && given->outcome != HUMAN_GONE && given->at > now_us)
        return error_refuse(err, "/at", "range", "only an end may lie in the future");
    if (given->evidence.p != NULL && !is_code(given->evidence))
        return error_refuse(err, "/evidence", "format", "evidence is named by a number or a file: [A-Za-z0-9._:/#-]");
    if (same_answer(recorded, given)) {
        if (uuid_equal(&recorded->by, &given->by))
            return error_status(err, 409, "four eyes", "another person must confirm it");
        *step = HUMAN_CONFIRM;
        return DONE;
    }
    if (given->outcome == HUMAN_GONE && given->at == CLOCK_NONE)
        return error_refuse(err, "/at", "required", "when is it gone?");
    if (given->evidence.p == NULL)
        return error_refuse(err, "/evidence", "required", "an answer by hand stands on evidence");
    if (given->at == CLOCK_NONE)
        given->at = now_us;
    *step = HUMAN_RECORD;
    return DONE;
}
