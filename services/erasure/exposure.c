/* exposure: the rules, and what breaks them. */
#include "services/erasure/exposure.h"

#include <stdlib.h>
#include <string.h>

enum bound {
    BOUND_RETENTION, /* at most what is promised for the topic, and not for ever */
    BOUND_MOST,      /* at most a number */
    BOUND_IS,
    BOUND_LACKS, /* a word isn't in it */
};

struct rule {
    const char *name, *setting;
    int64_t most;
    const char *word;
    const char *harm, *says, *remedy;
    enum bound bound;
    bool optional; /* brokers that don't know it do nothing of the kind */
};

#define LONGER "longer"
#define SHOWN "shown"

static const struct rule topic_rules[] = {
    {.name = "retention",
     .setting = "retention.ms",
     .bound = BOUND_RETENTION,
     .harm = LONGER,
     .says = "what isn't truncated stays longer than is promised",
     .remedy = "set retention.ms to 604800000 (contacts.in) or 86400000 (a holder's topic)"},
    {.name = "compaction",
     .setting = "cleanup.policy",
     .bound = BOUND_LACKS,
     .word = "compact",
     .harm = LONGER,
     .says = "compaction keeps the newest message of each key without an end",
     .remedy = "set cleanup.policy to delete"},
    {.name = "timestamp-type",
     .setting = "message.timestamp.type",
     .bound = BOUND_IS,
     .word = "LogAppendTime",
     .harm = LONGER,
     .says = "a sender's clock decides when a segment ends: one in the future keeps it",
     .remedy = "set message.timestamp.type to LogAppendTime"},
    {.name = "segment-roll",
     .setting = "segment.ms",
     .bound = BOUND_MOST,
     .most = 60000,
     .harm = LONGER,
     .says = "what is truncated stays on the disk until its segment rolls",
     .remedy = "set segment.ms to 60000"},
    {.name = "delete-delay",
     .setting = "file.delete.delay.ms",
     .bound = BOUND_MOST,
     .most = 60000,
     .harm = LONGER,
     .says = "segments that are deleted stay on the disk for this long",
     .remedy = "set file.delete.delay.ms to 1000"},
    {.name = "tiered-storage",
     .setting = "remote.storage.enable",
     .bound = BOUND_IS,
     .word = "false",
     .optional = true,
     .harm = LONGER,
     .says = "segments are copied to another store, which truncation reaches late or never",
     .remedy = "set remote.storage.enable to false, and have its copies deleted"},
};

static const struct rule broker_rules[] = {
    {.name = "open-without-acl",
     .setting = "allow.everyone.if.no.acl.found",
     .bound = BOUND_IS,
     .word = "false",
     .optional = true,
     .harm = SHOWN,
     .says = "whoever reaches the broker may read each topic without an ACL",
     .remedy = "take allow.everyone.if.no.acl.found out of server.properties"},
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct exposed_setting *find(const struct exposed_setting *settings, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(settings[i].name, name) == 0)
            return &settings[i];
    return NULL;
}

static bool at_most(const char *value, int64_t most)
{
    char *end;
    long long number = strtoll(value, &end, 10);

    return end != value && *end == '\0' && number >= 0 && number <= most;
}

/* What isn't told isn't believed. */
static bool holds(const struct rule *rule, const struct exposed_setting *setting, int64_t retention_ms)
{
    if (setting == NULL)
        return rule->optional;
    if (setting->value == NULL)
        return false;
    switch (rule->bound) {
    case BOUND_RETENTION:
        return at_most(setting->value, retention_ms);
    case BOUND_MOST:
        return at_most(setting->value, rule->most);
    case BOUND_IS:
        return strcmp(setting->value, rule->word) == 0;
    case BOUND_LACKS:
        return strstr(setting->value, rule->word) == NULL;
    }
    return false;
}

static size_t check(const struct rule *rules, size_t rules_n, const struct exposed_topic *t, struct exposure *out,
                    size_t n)
{
    for (size_t i = 0; i < rules_n && n < EXPOSURES_MOST; i++) {
        const struct exposed_setting *setting = find(t->settings, t->settings_n, rules[i].setting);
        if (!holds(&rules[i], setting, t->retention_ms))
            out[n++] = (struct exposure){.rule = rules[i].name,
                                         .harm = rules[i].harm,
                                         .setting = rules[i].setting,
                                         .value = setting != NULL ? setting->value : NULL,
                                         .says = rules[i].says,
                                         .remedy = rules[i].remedy};
    }
    return n;
}

static bool declared(const struct exposed_topic *t, const char *principal)
{
    for (size_t i = 0; i < t->declared_n; i++)
        if (strcmp(t->declared[i], principal) == 0)
            return true;
    return false;
}

static bool told(const struct exposure *out, size_t n, const char *principal)
{
    for (size_t i = 0; i < n; i++)
        if (out[i].value != NULL && strcmp(out[i].rule, "reader") == 0 && strcmp(out[i].value, principal) == 0)
            return true;
    return false;
}

static size_t check_readers(const struct exposed_topic *t, struct exposure *out, size_t n)
{
    for (size_t i = 0; i < t->readers_n && n < EXPOSURES_MOST; i++)
        if (!declared(t, t->readers[i]) && !told(out, n, t->readers[i]))
            out[n++] =
                (struct exposure){.rule = "reader",
                                  .harm = SHOWN,
                                  .value = t->readers[i],
                                  .says = "an ACL lets it read, and nobody has declared it",
                                  .remedy = "take the ACL away, or register the holder and name its principal in "
                                            "LETHE_TOPIC_READERS of erasure"};
    return n;
}

size_t exposure_of_topic(const struct exposed_topic *topic, struct exposure *out)
{
    size_t n = 0;

    if (topic->missing) {
        out[0] = (struct exposure){.rule = "missing",
                                   .harm = LONGER,
                                   .says = "there is no such topic: whoever makes it decides what it keeps",
                                   .remedy = "make it by deploy/kafka/create-topics.sh, a holder's by registering it"};
        return 1;
    }
    n = check(topic_rules, N(topic_rules), topic, out, n);
    if (topic->open && n < EXPOSURES_MOST)
        out[n++] = (struct exposure){.rule = "authorizer",
                                     .harm = SHOWN,
                                     .setting = "authorizer.class.name",
                                     .says = "the broker has no authorizer: whoever reaches it may read everything",
                                     .remedy = "set authorizer.class.name, and ACLs for those who may read"};
    return check_readers(topic, out, n);
}

size_t exposure_of_broker(const struct exposed_setting *settings, size_t n, struct exposure *out)
{
    const struct exposed_topic broker = {.settings = settings, .settings_n = n};

    return check(broker_rules, N(broker_rules), &broker, out, 0);
}
