/* place_program: KEKs behind a program of the operator's: Vault Transit, a cloud's KMS, PKCS#11. */
#include "common/vault/place.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock/clock.h"
#include "common/text/text.h"

enum { SAID_MOST = 512, PATIENCE_S = 20, WAS_DESTROYED = 3, HEX_DIGITS = 2 * CRYPTO_KEY_BYTES };

extern char **environ;

struct answer {
    char said[SAID_MOST]; /* its first line; a load's may be a key: wiped by whoever asked */
    size_t n;
    int code; /* its exit; -1: it was ended, or ended by a signal */
};

/* ---- running it --------------------------------------------------------------------------------------------------- */

/* Both pipes are ours to close. The program gets no descriptor of ours but these. */
static enum outcome begin(const char *program, const char *verb, int32_t epoch, pid_t *pid, int *in, int *out,
                          struct error *err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t manner;
    sigset_t signals;
    char number[16], *argv[4];
    char *words[2] = {strdup(program), strdup(verb)};
    int to[2], from[2], failed;

    ENSURE(words[0] != NULL && words[1] != NULL);
    (void)snprintf(number, sizeof number, "%d", (int)epoch);
    argv[0] = words[0], argv[1] = words[1], argv[2] = number, argv[3] = NULL;
    ENSURE(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
    (void)posix_spawn_file_actions_init(&files);
    (void)posix_spawn_file_actions_adddup2(&files, to[0], STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&files, from[1], STDOUT_FILENO);
    (void)posix_spawn_file_actions_addclosefrom_np(&files, 3);
    (void)posix_spawnattr_init(&manner);
    (void)sigemptyset(&signals);
    (void)posix_spawnattr_setsigmask(&manner, &signals);
    (void)sigaddset(&signals, SIGPIPE);
    (void)posix_spawnattr_setsigdefault(&manner, &signals);
    (void)posix_spawnattr_setflags(&manner, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    failed = posix_spawn(pid, program, &files, &manner, argv, environ);
    (void)posix_spawnattr_destroy(&manner);
    (void)posix_spawn_file_actions_destroy(&files);
    free(words[0]);
    free(words[1]);
    (void)close(to[0]);
    (void)close(from[1]);
    *in = to[1];
    *out = from[0];
    if (failed == 0)
        return DONE;
    (void)close(*in);
    (void)close(*out);
    return error_retry(err, "kek", "%s cannot be run (errno %d)", program, failed);
}

/* Until it closes its output, or patience ends. */
static void listen_to(int fd, struct answer *a)
{
    int64_t until = clock_monotonic_us() + SECONDS(PATIENCE_S);
    struct pollfd look = {.fd = fd, .events = POLLIN};
    char rest[256];

    for (;;) {
        int64_t left_ms = (until - clock_monotonic_us()) / US_PER_MS;
        bool room = a->n < sizeof a->said - 1;
        ssize_t got;
        if (left_ms <= 0 || poll(&look, 1, (int)left_ms) <= 0)
            return;
        got = room ? read(fd, a->said + a->n, sizeof a->said - 1 - a->n) : read(fd, rest, sizeof rest);
        if (got <= 0)
            return;
        a->n += room ? (size_t)got : 0;
    }
}

/* It may close its output and go on: what is left of its time, then it is ended. */
static int end(pid_t pid, int64_t until)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    int status = 0;
    pid_t found;

    while ((found = waitpid(pid, &status, WNOHANG)) == 0 && clock_monotonic_us() < until)
        (void)nanosleep(&pause, NULL);
    if (found == 0) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, &status, 0);
        return -1;
    }
    return found == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum outcome run(const struct kek_place *place, const char *verb, int32_t epoch, const char *given,
                        struct answer *a, struct error *err)
{
    int64_t until = clock_monotonic_us() + SECONDS(PATIENCE_S);
    int in, out;
    pid_t pid;

    memset(a, 0, sizeof *a);
    TRY(begin(place->where, verb, epoch, &pid, &in, &out, err));
    if (given != NULL && write(in, given, strlen(given)) < 0)
        a->code = -1; /* it didn't read: its exit tells what it thinks of that */
    (void)close(in);
    listen_to(out, a);
    (void)close(out);
    a->code = end(pid, until);
    a->n = strcspn(a->said, "\r\n");
    a->said[a->n] = '\0';
    if (a->code == 0 || a->code == WAS_DESTROYED)
        return DONE;
    if (a->code < 0)
        return error_retry(err, "kek", "%s %s %d was ended, or did not end within %d s", place->where, verb, (int)epoch,
                           PATIENCE_S);
    return error_retry(err, "kek", "%s %s %d ended with %d", place->where, verb, (int)epoch, a->code);
}

/* A line for people: what else it holds must not reach a terminal. */
static void make_plain(char *line)
{
    for (; *line != '\0'; line++)
        if ((unsigned char)*line < 0x20 || (unsigned char)*line >= 0x7f)
            *line = '?';
}

/* ---- the verbs ---------------------------------------------------------------------------------------------------- */

static enum outcome take_key(const struct kek_place *place, int32_t epoch, struct answer *a, struct crypto_key **out,
                             struct error *err)
{
    uint8_t key[CRYPTO_KEY_BYTES];

    if (a->code == WAS_DESTROYED) {
        make_plain(a->said);
        return error_retry(
            err, "kek",
            "the KEK of epoch %d was destroyed (%.60s): this keyring is an older copy, and nobody can read it",
            (int)epoch, a->said);
    }
    if (a->n != HEX_DIGITS || !text_from_hex((struct text){a->said, a->n}, key, sizeof key))
        return error_retry(err, "kek", "%s load %d: it answers no 64 hex digits", place->where, (int)epoch);
    *out = crypto_key_new(key);
    crypto_wipe(key, sizeof key);
    return DONE;
}

static enum outcome program_load(const struct kek_place *place, int32_t epoch, struct crypto_key **out,
                                 struct kek_mark *mark, struct error *err)
{
    struct answer a;
    enum outcome outcome = run(place, "load", epoch, NULL, &a, err);

    memset(mark, 0, sizeof *mark);
    if (outcome == DONE)
        outcome = take_key(place, epoch, &a, out, err);
    crypto_wipe(&a, sizeof a);
    return outcome;
}

/* To ask a KMS before each batch would make it the bound of everything: it is asked when a KEK is read. */
static bool program_unchanged(const struct kek_place *place, int32_t epoch, const struct kek_mark *mark)
{
    (void)place;
    (void)epoch;
    (void)mark;
    return true;
}

static enum outcome program_make(const struct kek_place *place, int32_t epoch, bool *destroyed, struct error *err)
{
    struct answer a;

    TRY(run(place, "make", epoch, NULL, &a, err));
    *destroyed = a.code == WAS_DESTROYED;
    return DONE;
}

static enum outcome program_keep(const struct kek_place *place, int32_t epoch, const struct crypto_key *key,
                                 struct error *err)
{
    char hex[HEX_DIGITS + 2];
    struct answer a;
    enum outcome outcome;

    text_put_hex(crypto_key_bytes(key), CRYPTO_KEY_BYTES, hex);
    hex[HEX_DIGITS] = '\n';
    hex[HEX_DIGITS + 1] = '\0';
    outcome = run(place, "keep", epoch, hex, &a, err);
    crypto_wipe(hex, sizeof hex);
    if (outcome == DONE && a.code == WAS_DESTROYED)
        return error_retry(err, "kek", "%s: the KEK of epoch %d was destroyed there", place->where, (int)epoch);
    return outcome;
}

static enum outcome program_destroy(const struct kek_place *place, int32_t epoch, char ack[KEK_ACK_MOST],
                                    struct error *err)
{
    struct answer a;

    TRY(run(place, "destroy", epoch, NULL, &a, err));
    make_plain(a.said);
    if (a.n == 0)
        return error_retry(err, "kek", "%s destroy %d: it acknowledges nothing", place->where, (int)epoch);
    (void)snprintf(ack, KEK_ACK_MOST, "%.*s", KEK_ACK_MOST - 1, a.said);
    return DONE;
}

const struct kek_place_type kek_program = {.name = "command",
                                           .load = program_load,
                                           .unchanged = program_unchanged,
                                           .make = program_make,
                                           .keep = program_keep,
                                           .destroy = program_destroy};
