/* forgetting: a forget in dedupe: restrict at once, close the set once the barrier has passed, delete. */
#ifndef LETHE_DEDUPE_FORGETTING_H
#define LETHE_DEDUPE_FORGETTING_H

#include "common/forget/forget.h"
#include "services/dedupe/store.h"

extern const struct forget_table dedupe_forget;

/* forgetting_seen: barriers of topic `record` that this transaction read: counts them and resolves whom the last one
 * closes. change_lock_all was called. */
enum outcome forgetting_seen(struct call *call, const struct barrier *const *barriers, size_t n,
                             struct error *err) WARN_UNUSED;

/* forgetting_find: the persons that these keys, records and persons mean now. */
struct found {
    struct uuid_list persons;
    struct record_rows records; /* all of theirs */
    bool doubtful;
};
enum outcome forgetting_find(struct call *call, struct key_list keys, struct uuid_list records,
                             struct uuid_list persons, struct found *out, struct error *err) WARN_UNUSED;

#endif
