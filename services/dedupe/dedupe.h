/* dedupe: who is one person. Records are nodes, what links them are edges with their grounds, a person is a connected
 * component of them. Pure: the partition depends on records, edges and operators' decisions alone, never on the order
 * in which they came, so each link can be undone exactly. */
#ifndef LETHE_DEDUPE_DEDUPE_H
#define LETHE_DEDUPE_DEDUPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "proto/events.h"

enum {
    GENERIC_RECORDS = 64,  /* a key that more records than this hold is generic and links nobody */
    PERSON_RECORDS = 1000, /* past this evidence is wrong, not the person large: further links are left out */
    RECORD_KEYS = 8,
};

/* Why two records are one person, strongest first. */
enum link_ground {
    LINK_OPERATOR,      /* must-link: an operator's decision */
    LINK_JOINED,        /* contact.merged: their source says so */
    LINK_SOURCE,        /* the same source id: the same record anew */
    LINK_EMAIL,         /* the same delivery address, no role mailbox */
    LINK_PHONE_SURNAME, /* the same phone and the same folded surname */
    LINK_WEIGHED,       /* what they have in common weighs enough */
    LINK_GROUNDS
};
extern const char *const link_ground_names[LINK_GROUNDS + 1];

/* link_ground_of: does a key of this kind link, and as what? */
bool link_ground_of(int key_kind, enum link_ground *ground);

struct dedupe_record {
    struct uuid record;
    int64_t rev, created_at;
    struct text system, language, country;
    struct key_list keys;
    struct hash role_email;        /* zero: none; links nobody */
    struct uuid root;              /* of the group of source ids that a source joined; nil: none */
    struct uuid person, component; /* as stored; nil: it is new */
    struct uuid fence;             /* the forget whose closed set it is in: linked only within; nil: free */
    bool touched;                  /* this change brought it, or altered what is told of it */
    bool written;                  /* its row is to be written anew */
};

/* An operator's decision about two records, a < b. */
struct dedupe_pair {
    struct uuid a, b;
    bool apart; /* cannot-link; else must-link */
};

/* What the engine found of two records, a < b. */
enum edge_verdict { EDGE_APART, EDGE_REVIEW, EDGE_LINK };
struct dedupe_edge {
    struct uuid a, b;
    uint8_t verdict; /* enum edge_verdict */
    bool differ; /* names, birth dates or suffixes are two people's: nothing but a source or an operator joins them */
    int32_t random, household; /* hundredths of bits */
    uint32_t levels;
};

/* What is looked at: closed, i.e. whatever a link reaches from one of its records is in it. Sorted by id. */
struct dedupe_graph {
    struct dedupe_record *records;
    size_t n;
    const struct dedupe_pair *pairs; /* those with an end outside are left alone */
    size_t pairs_n;
    const struct dedupe_edge *edges; /* the same */
    size_t edges_n;
    const struct hash *generic; /* sorted: keys known to be generic; those that become so here are found here */
    size_t generic_n;
};

/* Two records that evidence would link and a decision about others forbids: a human's call. */
struct dedupe_conflict {
    uint32_t a, b; /* places in the graph, a < b */
};

struct dedupe_partition {
    uint32_t *cluster;   /* of each record: the first place of its person */
    uint32_t *component; /* the same without the decisions that keep apart: what must be looked at together */
    struct dedupe_conflict *conflicts;
    size_t conflicts_n;
};

/* decide_partition. Ground by ground, the strongest first:
 * - links whose two sides nobody keeps apart are made;
 * - a side that fits two others which are kept apart is doubtful: it stays alone by this ground, and is a conflict;
 * - what would join two that are kept apart through third ones is left out in the order of ids, and is a conflict.
 * A conflict is told once per pair of persons, and a doubt not where an operator has decided about these two. */
void decide_partition(const struct dedupe_graph *graph, struct arena *arena, struct dedupe_partition *out);

/* decide_generic: which keys of the graph more than GENERIC_RECORDS of its records hold, sorted. */
void decide_generic(const struct dedupe_graph *graph, struct arena *arena, struct hash_list *out);

/* dedupe_find: the place of a record in a graph's sorted records; SIZE_MAX where it isn't there. */
size_t dedupe_find(const struct dedupe_graph *graph, const struct uuid *record);

bool hash_listed(const struct hash *sorted, size_t n, const struct hash *hash);

#endif
