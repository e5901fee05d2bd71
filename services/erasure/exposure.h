/* exposure: what keeps the bytes of a topic with personal data longer, or shows them to more, than is promised. Pure. */
#ifndef LETHE_ERASURE_EXPOSURE_H
#define LETHE_ERASURE_EXPOSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct exposed_setting {
    const char *name, *value; /* value NULL: the broker doesn't tell */
};

struct exposed_topic {
    const struct exposed_setting *settings; /* in force */
    size_t settings_n;
    const char *const *readers; /* principals that an ACL lets read */
    size_t readers_n;
    const char *const *declared; /* those that may */
    size_t declared_n;
    int64_t retention_ms; /* promised: what isn't truncated goes by then */
    bool missing;
    bool open; /* the broker has no authorizer */
};

struct exposure {
    const char *rule, *harm;     /* harm: "longer" or "shown" */
    const char *setting, *value; /* NULL: none, not told */
    const char *says, *remedy;
};

enum { EXPOSURES_MOST = 64 };

/* exposure_of_topic: up to EXPOSURES_MOST into out; how many there are. exposure_of_broker: the same of a broker's own
 * settings. */
size_t exposure_of_topic(const struct exposed_topic *topic, struct exposure *out);
size_t exposure_of_broker(const struct exposed_setting *settings, size_t n, struct exposure *out);

#endif
