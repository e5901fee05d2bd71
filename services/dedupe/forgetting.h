/* forgetting: a forget in dedupe: restrict at once, close the set once the barrier has passed, delete. */
#ifndef LETHE_DEDUPE_FORGETTING_H
#define LETHE_DEDUPE_FORGETTING_H

#include "common/forget/forget.h"
#include "services/dedupe/store.h"

extern const struct forget_table dedupe_forget;

/* forgetting_passed: barriers that have passed every partition: resolves whom they close and who is known here. All keys
 * are locked since before, where there are any: a request that comes in meanwhile finds the barrier, or is found. */
enum outcome forgetting_passed(struct call *call, const struct passed_barriers *passed, struct error *err) WARN_UNUSED;

/* forgetting_find: the persons that these keys, records and persons mean now. */
struct found {
    struct uuid_list persons;
    struct record_rows records; /* all of theirs */
    bool doubtful;
};
enum outcome forgetting_find(struct call *call, struct key_list keys, struct uuid_list records,
                             struct uuid_list persons, struct found *out, struct error *err) WARN_UNUSED;

#endif
