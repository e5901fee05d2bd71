/* maildir: mails to the unsubscribe address, as the mail server delivers them into a Maildir: each with a good token refuses the
 * purpose of the mail that it answers, and is deleted once that is committed; any other is left, as seen, for a human. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/consent/handlers.h"
#include "services/consent/leave.h"
#include "services/consent/mailto.h"

enum { MAILS_A_RUN = 200 };

/* The beginning of a mail, as far as its header may go. A pipe or a link that somebody put there is none. */
static bool read_mail(const char *path, struct arena *arena, struct text *out)
{
    char *bytes = arena_alloc(arena, MAILTO_HEADER_BYTES);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status;
    size_t n = 0;

    if (fd < 0)
        return false;
    bool good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    while (good && n < MAILTO_HEADER_BYTES) {
        ssize_t got = read(fd, bytes + n, MAILTO_HEADER_BYTES - n);
        if (got < 0 && errno == EINTR)
            continue;
        good = got >= 0;
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    (void)close(fd);
    *out = (struct text){.p = bytes, .n = n};
    return good;
}

/* *ours: it had a token of ours, whatever has become of its address since. */
static enum outcome obey(struct call *call, struct text mail, bool *ours, struct error *err)
{
    struct text words[MAILTO_WORDS_MOST];
    size_t n = mailto_words(mail, words);
    struct leave leave;

    *ours = false;
    for (size_t i = 0; i < n; i++) {
        TRY(leave_load(call, words[i], true, &leave, err));
        *ours = *ours || leave.ours;
        if (leave.found) /* where nobody knows the purpose any more, the wide reading is the safe one */
            TRY(leave_now(call, &leave, leave.purpose.p == NULL, "mailto", err));
    }
    return DONE;
}

static enum outcome take(struct call *call, const char *folder, const char *name, struct error *err)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct text mail;
    bool ours;

    if (snprintf(from, sizeof from, "%s/new/%s", folder, name) >= (int)sizeof from ||
        snprintf(to, sizeof to, "%s/cur/%s:2,S", folder, name) >= (int)sizeof to)
        return DONE;
    if (!read_mail(from, call->arena, &mail))
        return DONE; /* gone, or not ours to read: the log would say it every time */
    TRY(obey(call, mail, &ours, err));
    TRY(call_checkpoint(call, err));
    /* A repeat after a crash in between is no new act. */
    if ((ours ? unlink(from) : rename(from, to)) != 0)
        log_warn(call->log, "unsubscribes.left", F_TEXT("why", text_of(ours ? "unlink" : "rename")));
    return DONE;
}

enum outcome read_unsubscribes(struct call *call, bool *again, struct error *err)
{
    const struct consent_shared *shared = call->state;
    char path[PATH_MAX];
    const struct dirent *entry;
    enum outcome o = DONE;
    int n = 0;

    if (shared->maildir == NULL || snprintf(path, sizeof path, "%s/new", shared->maildir) >= (int)sizeof path)
        return DONE;
    DIR *dir = opendir(path);
    if (dir == NULL)
        return error_retry(err, "maildir", "the folder of the unsubscribe address can't be read");
    while (o == DONE && n < MAILS_A_RUN && !call_stopping(call) && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.') {
            o = take(call, shared->maildir, entry->d_name, err);
            n++;
        }
    (void)closedir(dir);
    *again = o == DONE && n == MAILS_A_RUN;
    return o;
}
