/* persons: from a partition to persons with lasting ids: who stays, who was merged, who split off. Pure. */
#ifndef LETHE_DEDUPE_PERSONS_H
#define LETHE_DEDUPE_PERSONS_H

#include "services/dedupe/dedupe.h"

/* Records that came over from a person who goes on elsewhere. */
struct person_origin {
    struct uuid from;
    struct uuid_list records;
};

struct person_plan {
    struct uuid person; /* nil: it begins here, give it an id */
    uint32_t *members;  /* places in the graph, ascending */
    size_t members_n;
    bool changed;            /* its whole state is to be told */
    struct uuid_list merged; /* persons that end in it */
    struct person_origin *origins;
    size_t origins_n;
};

struct persons_plan {
    struct person_plan *items;
    size_t n;
    struct uuid_list ended; /* persons of whom nothing is left */
};

/* decide_persons: the person in whom most senior record of an old person is, keeps that one's id; of several it keeps
 * the oldest id, and the others are merged into it; a part without an id begins anew. `left` are the persons of records
 * that were removed (repeats allowed). */
void decide_persons(const struct dedupe_graph *graph, const struct dedupe_partition *partition, struct uuid_list left,
                    struct arena *arena, struct persons_plan *out);

/* person_describe: what lethe.person.linked tells of a person's records: ids, keys without repeats (no phone-surname),
 * the newest language and country. person, rev and restricted are left to the caller. */
void person_describe(const struct dedupe_graph *graph, const struct person_plan *plan, struct arena *arena,
                     struct person_linked *out);

/* revision_next: max(rev + 1, incarnation << 40). */
int64_t revision_next(int64_t rev, int64_t incarnation);

#endif
