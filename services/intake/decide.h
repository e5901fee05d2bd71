/* decide: whether an event is taken, by versions, tombstones and ends. Pure. */
#ifndef LETHE_INTAKE_DECIDE_H
#define LETHE_INTAKE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error/error.h"
#include "common/event/event.h"
#include "common/uuid/uuid.h"
#include "proto/events.h"

/* A tombstone on one of an event's identifiers. */
struct stone {
    bool stands, restricted;
    bool barrier_seen; /* its barrier has passed in this event's partition */
    int64_t received_us;
    struct uuid request;
};

/* Whose act an event tells of. */
struct act {
    int kind; /* enum policy_act */
    int64_t captured_at;
    bool trusted; /* the policy trusts the source with telling the subject's own acts */
};

enum verdict { VERDICT_TAKE, VERDICT_YIELD, VERDICT_RESTRICTED, VERDICT_FORGOTTEN };

/* decide_stones: a tombstone yields only to the person's own new act: told by a source that is trusted with it, captured
 * after the request came in, and past its barrier. A restriction never yields. *request is whose stone decided. */
enum verdict decide_stones(const struct stone *stones, size_t n, const struct act *act, struct uuid *request);

/* decide_kind: versions of a system are all of one kind. known VERSION_NONE: the system is new. */
enum outcome decide_kind(enum version_kind known, enum version_kind now, const char *pointer,
                         struct error *err) WARN_UNUSED;

/* decide_ended: may a source's record that ended at a version begin anew with this one? Only above it. An end without a
 * version (VERSION_NONE) holds nothing back. */
bool decide_anew(const struct version *ended, const struct version *now);

/* decide_removes: does a removal (its version may be absent) end a record at this version? An older one doesn't. */
bool decide_removes(const struct version *row, const struct version *removal);

/* decide_ends: does a removal say more than the end that is known already? One without a version doesn't. */
bool decide_ends(const struct version *ended, const struct version *removal);

/* decide_received: when a request came in: as the source says, but never later than its event was there. */
int64_t decide_received(int64_t said_us, int64_t came_us);

/* decide_end_version: what is remembered of an ended record: the higher of the two. */
struct version decide_end_version(const struct version *row, const struct version *removal);

/* decide_rev: the next revision; base is incarnation << 40. */
int64_t decide_rev(int64_t row_rev, int64_t base);

/* decide_source_name: the policy's name of an event's CloudEvents source: the whole of it, or what follows the last
 * '/', ':' or '#'. */
struct text decide_source_name(struct text source);

#endif
