/* api: the bodies of dedupe's internal HTTP calls and their field tables. */
#ifndef LETHE_DEDUPE_API_H
#define LETHE_DEDUPE_API_H

#include "proto/events.h"

struct resolve_asked {
    struct key_list keys;
    struct uuid_list records, persons;
};
struct resolve_person {
    struct uuid person;
    int64_t rev;
    bool restricted;
    struct uuid_list records;
    struct key_list keys;
};
struct resolve_person_list {
    struct resolve_person *items;
    size_t n;
};
struct resolve_answer {
    struct resolve_person_list persons;
};

enum review_verdict { REVIEW_SAME, REVIEW_DIFFERENT, REVIEW_UNDO, REVIEW_UNSURE };
/* A decision about an open review, or by hand: `records` and `others` are one person, are two, or the decisions between
 * them end. Unsure: an open review goes to the queue's end. */
struct review_decided {
    int decision; /* enum review_verdict */
    struct uuid review;
    struct uuid_list records, others; /* at most 64 each */
    struct uuid by;
    struct text reason; /* a code */
};
struct review_outcome {
    struct uuid_list persons; /* whose these records are now */
    bool waits;               /* for another operator to say the same: the policy wants two */
};
struct review_item {
    struct uuid review;
    struct uuid_list records, persons;
    int64_t opened_at;
    bool urgent;          /* a forget waits for it */
    bool unsure;          /* an operator couldn't tell */
    struct text proposed; /* one operator has decided so, another must; absent: none has */
    struct text
        why; /* what they have in common, in words and bits, without a value; absent: an operator's decision asks */
};
struct review_item_list {
    struct review_item *items;
    size_t n;
};
struct review_page {
    struct review_item_list reviews;
    struct text next; /* absent: no more */
};

struct weights_taken {
    struct text weights; /* as lethe-dedupe train wrote them; empty: the shipped ones */
    struct uuid by;
};
/* What is weighed by, and how far what was there before is decided anew. */
struct weights_status {
    int64_t version; /* 0: the shipped ones */
    bool running;
    int64_t records, decided, began_at, ended_at;
};

extern const char *const review_verdict_names[];
extern const struct object_type weights_taken_type, weights_status_type;
extern const struct object_type resolve_asked_type, resolve_answer_type, review_decided_type, review_outcome_type,
    review_page_type;

#endif
