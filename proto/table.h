/* table: the words that field tables are written in. MUST: required. MAY: optional, and null counts as absent. */
#ifndef LETHE_PROTO_TABLE_H
#define LETHE_PROTO_TABLE_H

#include <stddef.h>

#include "common/event/event.h"
#include "proto/contact.h"
#include "proto/events.h"

#define MUST(s, m, k, low, high)                                                                                       \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_##k, .required = true, .offset = offsetof(struct s, m), .least = (low),              \
        .most = (high)                                                                                                 \
    }
#define MAY(s, m, k, low, high)                                                                                        \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_##k, .nullable = true, .offset = offsetof(struct s, m), .least = (low),              \
        .most = (high)                                                                                                 \
    }
#define MUST_ENUM(s, m, values)                                                                                        \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_ENUM, .required = true, .offset = offsetof(struct s, m), .names = (values)           \
    }
#define MAY_ENUM(s, m, values)                                                                                         \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_ENUM, .nullable = true, .offset = offsetof(struct s, m), .names = (values)           \
    }
#define MUST_OBJECT(s, m, of)                                                                                          \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_OBJECT, .required = true, .offset = offsetof(struct s, m), .type = &(of)             \
    }
#define MAY_OBJECT(s, m, of)                                                                                           \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_OBJECT, .nullable = true, .offset = offsetof(struct s, m),                           \
        .present_offset = offsetof(struct s, has_##m), .type = &(of)                                                   \
    }
#define MUST_OBJECTS(s, m, of, low, high)                                                                              \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_OBJECTS, .required = true, .offset = offsetof(struct s, m), .least = (low),          \
        .most = (high), .type = &(of)                                                                                  \
    }
#define MAY_OBJECTS(s, m, of, low, high)                                                                               \
    {                                                                                                                  \
        .name = #m, .kind = FIELD_OBJECTS, .nullable = true, .offset = offsetof(struct s, m), .least = (low),          \
        .most = (high), .type = &(of)                                                                                  \
    }

/* CLOSED: unknown members are refused (what comes from outside). OPEN: they are skipped (what our services say, so that
 * old readers meet new fields). The table `name_fields` stands before it. */
#define CLOSED(s, name, rule)                                                                                          \
    static const struct object_type name = {                                                                           \
        .fields = name##_fields,                                                                                       \
        .fields_n = sizeof name##_fields / sizeof *name##_fields,                                                      \
        .size = sizeof(struct s),                                                                                      \
        .check = (rule),                                                                                               \
    }
#define OPEN(s, name, rule)                                                                                            \
    static const struct object_type name = {                                                                           \
        .fields = name##_fields,                                                                                       \
        .fields_n = sizeof name##_fields / sizeof *name##_fields,                                                      \
        .size = sizeof(struct s),                                                                                      \
        .open = true,                                                                                                  \
        .check = (rule),                                                                                               \
    }
#define EVENT(variable, type_name, topic_name, of)                                                                     \
    const struct event_type variable = {.name = (type_name), .topic = (topic_name), .data = &(of)}

/* parts of several events, in parts.c */
extern const struct object_type key_type, named_date_type, named_count_type;

/* Bounds that several tables share. */
enum {
    NAME_MOST = 64, /* names of the policy: categories, purposes, systems, channels */
    SOURCE_ID_MOST = 256,
    ADDRESS_MOST = 320, /* 64 + @ + 255 */
    KEYS_MOST = 10000,
};

#endif
