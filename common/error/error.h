/* error: what a call can come to, and the one place where its reason travels. */
#ifndef LETHE_ERROR_H
#define LETHE_ERROR_H

#include <stdnoreturn.h>

/* How a call ended. Whoever gets something other than DONE passes it up; it is logged once, at the top. */
enum outcome {
    DONE = 0,  /* it holds */
    REFUSED,   /* the input is at fault: to the dead letters, or a 4xx; never retried */
    RETRY,     /* the world is at fault (database, broker, network): wait with backoff, never skip */
    UNCERTAIN, /* a commit whose answer was lost: reconnect and read what is, never guess */
};

/* The reason of a failure. Caller-owned, last parameter of whatever can fail. Never holds a value from the input:
 * only ids of ours, names, rules and JSON pointers. */
struct error {
    char pointer[160]; /* RFC 6901 pointer into the input, "" where there is none */
    char rule[64];     /* stable, machine-readable: "required", "not in policy", "too long", "sqlstate 40P01" */
    char text[256];    /* one sentence for a person */
    int status;        /* an HTTP status where a route wants another than the outcome's own (0: none) */
};

#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* error_refuse: fills err with a pointer, a rule and a sentence made from a constant format; returns REFUSED, so that
 * callers write `return error_refuse(err, "/data/version", "required", "a version is missing")`. */
enum outcome error_refuse(struct error *err, const char *pointer, const char *rule, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* error_retry: the same for what is to be waited for; rule names the part ("postgres", "kafka", "redis", "smtp"). */
enum outcome error_retry(struct error *err, const char *rule, const char *format, ...) PRINTF_LIKE(3, 4);

/* error_uncertain: a lost answer. */
enum outcome error_uncertain(struct error *err, const char *rule, const char *format, ...) PRINTF_LIKE(3, 4);

/* error_status: as error_refuse, with the HTTP status that a route should answer (404, 409, 413, ...). */
enum outcome error_status(struct error *err, int status, const char *rule, const char *format, ...) PRINTF_LIKE(4, 5);

/* error_clear: an empty error. */
void error_clear(struct error *err);

/* error_bug: prints where and what to stderr and aborts. The design is crash-safe: a bug stops the process. */
noreturn void error_bug(const char *file, int line, const char *what);

/* ENSURE: an assertion that is always on. */
#define ENSURE(condition) ((condition) ? (void)0 : error_bug(__FILE__, __LINE__, #condition))

/* TRY: early return of whatever isn't DONE. Only where nothing is owned. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum outcome try_outcome = (call);                                                                             \
        if (try_outcome != DONE)                                                                                       \
            return try_outcome;                                                                                        \
    } while (0)

#endif
