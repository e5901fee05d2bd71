/* resolution: who a forget's person is, once the barrier has passed: persons, records, and which of their identifiers
 * are theirs alone. Pure. */
#ifndef LETHE_DEDUPE_RESOLUTION_H
#define LETHE_DEDUPE_RESOLUTION_H

#include "services/dedupe/dedupe.h"

/* A key that was asked for, and whom it reaches. */
struct asked_key {
    struct key key;
    struct uuid_list persons; /* those that hold it */
    bool role;                /* it is a role mailbox: reaches nobody */
};

struct persons_found {
    struct uuid_list persons;
    bool doubtful; /* an identifier has several persons and nothing else tells which: a human's call */
};

/* decide_asked: named persons count as they are; a key counts where it has one person. A key of several reaches none of
 * them unless one is named already. Sorted, without repeats. */
void decide_asked(struct uuid_list named, const struct asked_key *keys, size_t n, struct arena *arena,
                  struct persons_found *out);

/* decide_keys: which keys are the person's alone: emails and source ids, asked for or held by the set's records, and phones
 * that a record holds: a number that was only named may be anybody's. None that `elsewhere` (sorted) lists, no role mailbox
 * (`roles`, sorted). What isn't alone is shared; wide addresses are neither. */
void decide_keys(struct key_list asked, struct key_list held, struct hash_list elsewhere, struct hash_list roles,
                 struct arena *arena, struct key_list *alone, struct key_list *shared);

#endif
