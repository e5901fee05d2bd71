/* event: CloudEvents 1.0 and the field tables that decode, encode and bound every event's data. json_t lives only in
 * this module and in http. */
#ifndef LETHE_EVENT_H
#define LETHE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/buf/buf.h"
#include "common/clock/clock.h"
#include "common/error/error.h"
#include "common/text/text.h"
#include "common/uuid/uuid.h"

/* A keyed hash (BLAKE2b-128) of an identifier; 32 hex digits in JSON. All zero: absent. */
struct hash {
    uint8_t b[16];
};
bool hash_equal(const struct hash *a, const struct hash *b);
bool hash_is_none(const struct hash *a);
int hash_compare(const void *a, const void *b); /* for qsort */

/* Limits of what is read. */
enum {
    EVENT_BYTES_MOST = 1 << 20,         /* one event's data; the caller checks it first */
    EVENT_DEPTH_MOST = 16,              /* nesting of objects and arrays, the outermost counted */
    EVENT_TEXT_MOST = 1024,             /* bytes of a text whose field names no bound */
    EVENT_LIST_MOST = 10000,            /* items of a list whose field names no bound */
    EVENT_SCALARS_MOST = 256,           /* members of a FIELD_SCALARS whose field names no bound */
    EVENT_SCALAR_NAME_MOST = 64,        /* bytes */
    EVENT_SCALAR_TEXT_MOST = 64 * 1024, /* bytes of one scalar's text */
    EVENT_MEMBERS_MOST = 1000,          /* members of an object that no table describes */
};

/* ---- field tables ---------------------------------------------------------------------------------------------- */

/* The C member that each kind fills. Lists are {T *items; size_t n;}: the structs *_list below, or one declared by
 * EVENT_LIST for objects. Absent optional members: TEXT_NONE, CLOCK_NONE, nil uuid, zero hash, INT64_MIN, n = 0. */
enum field_kind {
    FIELD_TEXT,    /* struct text; least..most bytes; valid UTF-8 without U+0000 */
    FIELD_INT,     /* int64_t; least..most */
    FIELD_BOOL,    /* bool; absent is false */
    FIELD_TIME,    /* int64_t microseconds; RFC 3339 */
    FIELD_UUID,    /* struct uuid */
    FIELD_HASH,    /* struct hash */
    FIELD_ENUM,    /* int, an index into names; absent is -1 */
    FIELD_VERSION, /* struct version */
    FIELD_SCALARS, /* struct scalar_list: an object of scalars, at most `most` members */
    FIELD_JSON,    /* struct text: any JSON value, compact, at most `most` bytes */
    FIELD_OBJECT,  /* a struct described by `type`, inline; presence in the bool at `present_offset` if not 0 */
    FIELD_TEXTS,   /* struct text_list, at most `most` items */
    FIELD_UUIDS,   /* struct uuid_list */
    FIELD_HASHES,  /* struct hash_list */
    FIELD_OBJECTS, /* {T *items; size_t n;} of `type` */
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    bool nullable; /* JSON null counts as absent */
    size_t offset;
    size_t present_offset; /* FIELD_OBJECT: offset of a bool, or 0 */
    int64_t least, most; /* bounds as the kind says; both 0: the kind's default (text: 0..1024 bytes, lists: 10,000) */
    const char *const *names;       /* FIELD_ENUM, NULL-terminated */
    const struct object_type *type; /* FIELD_OBJECT, FIELD_OBJECTS */
};

struct object_type {
    const struct field *fields;
    size_t fields_n;
    size_t size;
    bool open; /* unknown members are skipped (events of ours, so that old readers meet new fields); else refused */
    /* rules that no single field can tell ("record or email"); NULL: none. pointer is the object's own */
    enum outcome (*check)(const void *object, const char *pointer, struct error *err);
};

struct event_type {
    const char *name;  /* the CloudEvents type, "lethe.record.accepted" */
    const char *topic; /* where events of this type go; NULL where the publisher names it */
    const struct object_type *data;
};

struct text_list {
    struct text *items;
    size_t n;
};
struct uuid_list {
    struct uuid *items;
    size_t n;
};
struct hash_list {
    struct hash *items;
    size_t n;
};

/* A version of a source's record: an integer, a decimal string or an RFC 3339 time; one kind a system. */
enum version_kind { VERSION_NONE, VERSION_NUMBER, VERSION_TIME };
struct version {
    enum version_kind kind;
    int64_t value; /* the number, or microseconds */
};

enum scalar_kind { SCALAR_NULL, SCALAR_TEXT, SCALAR_NUMBER, SCALAR_BOOL };
struct scalar {
    struct text name; /* 1..64 bytes of [a-z0-9_] */
    enum scalar_kind kind;
    struct text value; /* the text, the number as written, "true" or "false" */
};
struct scalar_list {
    struct scalar *items;
    size_t n;
};

/* event_decode: JSON to a struct of `type` in the arena. Refuses what is not JSON (RFC 8259), nests deeper than 16,
 * repeats a member, holds invalid UTF-8, U+0000 or numbers past int64, or breaks a field's bounds; the error names the
 * pointer below "/data" and the rule, never the value. Size is bounded by the caller (1 MiB at most). */
enum outcome event_decode(const struct object_type *type, struct text json, struct arena *arena, void **out,
                          struct error *err) WARN_UNUSED;

/* event_encode: a struct to compact JSON; absent optional members are left out. A struct that breaks its own table is
 * a bug and asserts. */
void event_encode(const struct object_type *type, const void *object, struct buf *out);

/* event_init: a struct whose optional members are all absent and whose required ones are empty: where a publisher
 * begins, since absent times, integers and enums aren't zero. */
void event_init(const struct object_type *type, void *object);

/* event_json_compact: checks any JSON against the same limits and rewrites it without white space. */
enum outcome event_json_compact(struct text json, struct arena *arena, struct text *out, struct error *err) WARN_UNUSED;

/* ---- CloudEvents ----------------------------------------------------------------------------------------------- */

/* The envelope. Texts are views into what was read, or lie in the arena. Where an envelope is refused, what could be read
 * of it stands here all the same. */
struct event_meta {
    struct text id, source, type, subject, controller, traceparent;
    int64_t time_us; /* CLOCK_NONE where absent */
    /* where it came in; partition -1 over HTTP */
    const char *topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_us; /* Kafka's */
};

struct header {
    struct text name, value;
};

/* One CloudEvent as it travels: its envelope and its data, still undecoded JSON. */
struct cloud_event {
    struct event_meta meta;
    struct text data;
};

/* cloud_event_from_headers: binary mode. prefix is "ce_" (Kafka) or "ce-" (HTTP, names case-insensitive). Refuses a
 * missing id, source, type, a specversion other than 1.0, attributes over 1,024 bytes, a datacontenttype that isn't
 * JSON. */
enum outcome cloud_event_from_headers(const struct header *headers, size_t headers_n, const char *prefix,
                                      struct text data, struct arena *arena, struct cloud_event *out,
                                      struct error *err) WARN_UNUSED;

/* cloud_event_from_json: structured mode (application/cloudevents+json). */
enum outcome cloud_event_from_json(struct text json, struct arena *arena, struct cloud_event *out,
                                   struct error *err) WARN_UNUSED;

/* cloud_events_from_batch: batch mode (application/cloudevents-batch+json), at most `most` events. Each item that is
 * at fault gets its own outcome and error; the call itself is refused only where the array can't be read. */
struct cloud_event_item {
    struct cloud_event event;
    enum outcome outcome;
    struct error error;
};
enum outcome cloud_events_from_batch(struct text json, size_t most, struct arena *arena, struct cloud_event_item **out,
                                     size_t *out_n, struct error *err) WARN_UNUSED;

#endif
