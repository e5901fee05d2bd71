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
