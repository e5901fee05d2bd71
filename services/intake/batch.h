/* batch: how one batch of contacts.in is worked: admit (pure) -> look up -> decide, in order -> write, set by set. */
#ifndef LETHE_INTAKE_BATCH_H
#define LETHE_INTAKE_BATCH_H

#include "common/forget/forget.h"
#include "services/intake/activity.h"
#include "services/intake/decide.h"
#include "services/intake/record.h"
#include "services/intake/service.h"

/* A growing list in the batch's arena. */
#define LIST(type)                                                                                                     \
    struct {                                                                                                           \
        type *items;                                                                                                   \
        size_t n, room;                                                                                                \
    }
void *list_grow(struct arena *arena, void *items, size_t n, size_t *room, size_t size);
#define LIST_ADD(list, arena)                                                                                          \
    ((list)->items = list_grow((arena), (list)->items, (list)->n, &(list)->room, sizeof *(list)->items),               \
     &(list)->items[(list)->n++])

/* Everything that the batch knows about one record or activity of a source, found by its key. */
struct slot {
    struct hash key;
    struct text system;
    /* as it was; wide fields first, without holes: a batch holds one for each key */
    struct uuid record; /* a record's id, or an activity's */
    struct version version;
    int64_t full, rev, created_us;
    struct bytes sealed;
    struct version ended_version;
    struct uuid request; /* that restricts it */
    const uint8_t *key_bytes;
    struct part *old_parts; /* these three: an activity's */
    size_t old_parts_n;
    struct uuid content;
    int ended_reason;
    bool is_activity, partial;
    bool found, wanted; /* wanted: its sealed state is read with the row */
    bool sealed_asked;  /* it has been asked for */
    bool blocked;       /* being destroyed just now */
    bool ended, restricted, has_key;
    /* as it will be */
    struct record_state state;
    struct uuid gone; /* the record that ended in this batch */
    struct activity *activity;
    int64_t new_rev;
    int32_t partition;
    bool dirty, fresh; /* fresh: a new record, whose id is `record` */
    bool has_state, now_partial;
    bool ids_known; /* they are those of the state */
    struct identifiers ids;
};

enum work_kind {
    WORK_REFUSED, /* nothing more to do about it */
    WORK_CONTACT,
    WORK_MERGED,
    WORK_REMOVED,
    WORK_ACTIVITY,
    WORK_CONSENT,
    WORK_REFUSAL,
    WORK_FORGET,
    WORK_BARRIER,
};

/* One event on its way. */
struct work {
    struct batch_item *item;
    enum work_kind kind;
    struct text system; /* the source's policy name, where it could be read */
    size_t slot;        /* index, or NO_SLOT */
    struct act act;
    struct change change;
    struct identifiers ids;
    struct text address; /* normalised, of a consent act or a request */
    struct activity *activity;
    size_t stones_at, stones_n; /* its identifiers in batch.keys and batch.stones */
};
#define NO_SLOT SIZE_MAX

struct refusal {
    const struct work *work;
    const char *pointer, *rule;
    struct uuid request;
    bool keep; /* what came goes into quarantine */
};
struct seen_barrier {
    struct uuid barrier;
    int32_t part;
};
struct new_kind {
    struct text system;
    int kind;
};
struct end {
    struct hash key;
    struct version version;
    int reason;
};

/* What is asked about some events while the next ones are admitted. */
struct asked {
    struct pg_rows *stones, *rows;
    size_t keys_at, keys_n; /* in batch.keys */
    size_t *slots, slots_n; /* indices */
};

struct batch {
    struct call *call;
    struct intake *intake;
    struct arena *arena;
    struct work *works;
    size_t n;
    bool admitted; /* by prepare_contacts */
    LIST(struct slot) slots;
    uint32_t *table; /* open addressing into slots, index + 1 */
    size_t table_mask;
    LIST(struct forget_key) keys;
    struct stone *stones;
    struct uuid *stone_barriers;
    bool any_stone;
    LIST(struct asked) asked;
    size_t slots_asked, keys_asked; /* how many of each */
    int64_t rev_base;

    LIST(struct vault_item) items;
    LIST(struct refusal) refusals;
    LIST(struct end) ends;
    LIST(struct uuid) doomed; /* keys whose rows this batch removes */
    LIST(struct uuid) dropped_items, dropped_parts;
    LIST(struct forget_key) yields;
    LIST(struct seen_barrier) barriers;
    LIST(struct new_kind) new_kinds;
    int64_t rolled[PARTITIONS_MAX]; /* next offset behind a roll barrier; 0: none. By partition */
    int64_t accepted, activities_n, late, dropped, asks_dropped;
    struct buf text;
    struct scan *scan; /* made at the first refusal */
};

/* A list that will hold about so many: growing leaves what was outgrown in the arena. */
#define LIST_EXPECT(list, arena, most)                                                                                 \
    ((list)->room = (most), (list)->items = arena_array((arena), (most), sizeof *(list)->items))

/* batch.c */
enum outcome on_contacts(struct call *call, struct batch_item *items, size_t n, struct error *err);
void *prepare_contacts(struct call *call, struct batch_item *items, size_t n, struct arena *arena); /* admits them */
/* batch_slot: finds or makes the slot of a key. The pointer holds until the next call; indices stay. */
size_t batch_slot(struct batch *batch, const struct hash *key, struct text system, bool is_activity);
struct slot *slot_at(struct batch *batch, size_t index);
/* slot_identify: slot->ids become those of its state. */
void slot_identify(struct batch *batch, struct slot *slot);
/* batch_derived: an id from an event's own id and source: a repeat finds the same one. */
struct uuid batch_derived(struct batch *batch, const struct work *work, const char *what, size_t number);
/* batch_fresh: an id for what a message begins, in the order of time; the same for the same message. */
struct uuid batch_fresh(struct batch *batch, const struct work *work, const char *what, size_t number);
struct text batch_text(struct batch *batch); /* takes what was written into batch->text */

/* admit_work.c */
void work_admit(struct batch *batch, struct work *work);
void work_key(struct batch *batch, enum key_kind kind, const struct hash *hash);
/* refuse.c */
void batch_refuse_work(struct batch *batch, struct work *work, const struct error *why, const struct uuid *request,
                       bool keep);
/* batch_refuse_part: a part of the event isn't taken, the rest is. */
void batch_refuse_part(struct batch *batch, struct work *work, const struct error *why, const struct uuid *request,
                       bool keep);
enum outcome batch_write_refusals(struct batch *batch, struct error *err) WARN_UNUSED;
/* quarantine.c */
/* batch_identifiers: keys of all that a refused event names; false where there are too many to find them all. */
bool batch_identifiers(struct batch *batch, const struct batch_item *item, struct hash_list *out);
/* contacts.c */
void take_contact(struct batch *batch, struct work *work);
void take_removed(struct batch *batch, struct work *work);
void take_merged(struct batch *batch, struct work *work);
/* work_verdict: what the tombstones on an event's identifiers say; refuses the event itself where they do. */
bool work_verdict(struct batch *batch, struct work *work);
/* batch_yield: these tombstones end: the person has begun anew. */
void batch_yield(struct batch *batch, size_t at, size_t n);
enum verdict stones_verdict(struct batch *batch, const struct work *work, size_t at, size_t n, struct uuid *request);
bool kind_fits(struct batch *batch, struct work *work, struct text system, const struct version *version,
               const char *pointer);
/* activities.c */
void take_activity(struct batch *batch, struct work *work);
enum outcome batch_write_activities(struct batch *batch, struct error *err) WARN_UNUSED;
/* consents.c */
/* ask_consents: asks at the address that the record has now; slot->ids are those of its state. */
void ask_consents(struct batch *batch, const struct work *work, const struct slot *slot);
void take_consent(struct batch *batch, struct work *work);
void take_refusal(struct batch *batch, struct work *work);
void take_forget(struct batch *batch, struct work *work);
/* barriers.c */
void take_barrier(struct batch *batch, struct work *work);
/* write.c */
enum outcome batch_write(struct batch *batch, struct error *err) WARN_UNUSED;
/* announce.c */
void announce_record(struct call *call, const struct slot *slot, bool restricted);
void announce_removed(struct call *call, const struct uuid *record, int64_t rev, int reason, int32_t partition);

#endif
