/* activity: an order, case, enquiry or email: its content, and one part for each person in it. Pure. */
#ifndef LETHE_INTAKE_ACTIVITY_H
#define LETHE_INTAKE_ACTIVITY_H

#include "services/intake/record.h"

/* One person's part. Staff are no persons here: no identifiers are made of them. */
struct part {
    struct text email, name; /* as they came; absent: TEXT_NONE */
    struct text system, id;  /* the record that the source names */
    size_t place;            /* in the event's persons */
    int role;                /* enum part_role */
    bool staff;
    bool gone;                      /* the person is forgotten or restricted: the part isn't stored */
    struct uuid forgotten;          /* gone for good: the request whose tombstone stands */
    struct uuid part_id, record_id; /* given by the store's side */
    struct identifiers ids;         /* source, email, email_wide */
};

struct activity_content {
    struct text system, id;
    const struct policy_category *category;
    struct text category_name;
    int64_t occurred_at, closed_at, warranty_until, invoice_date;
    struct scalar_list fields;
};

struct activity {
    struct activity_content content;
    size_t dropped;
    struct part *parts;
    size_t n;
};

/* activity_admit: what the policy keeps; refuses as change_admit does. One part for each (role, person). */
enum outcome activity_admit(const struct policy *policy, const struct crypto_key *index_key,
                            const struct activity_recorded *in, struct arena *arena, struct activity *out,
                            struct error *err) WARN_UNUSED;
/* activity_key: the blind index of the source's activity. */
struct hash activity_key(const struct crypto_key *index_key, struct text system, struct text id, struct arena *arena);
/* activity_acts: may the event, where it tells of the subject's own act, tell of this part's? The person is the customer
 * or the sender, and there is only one such: of two nobody knows who acted. */
bool activity_acts(const struct activity *activity, size_t part);
/* activity_persons: parts that are somebody's who isn't staff and isn't gone. */
size_t activity_persons(const struct activity *activity);

struct named_date_list activity_dates(const struct activity_content *content, struct arena *arena);
struct key_list part_keys(const struct part *part, struct arena *arena);

/* content_goes_with: do a shared content's free texts go with whoever had this role (policy: erase_texts_of)?
 * content_blank: they become "[erased]"; how many did. Without its category all texts are free. */
bool content_goes_with(const struct policy_category *category, int role);
size_t content_blank(struct activity_content *content);

/* The sealed texts (common/vault/vault.h). */
void content_encode(const struct activity_content *content, struct buf *out);
enum outcome content_decode(const struct policy *policy, struct text json, struct arena *arena,
                            struct activity_content *out, struct error *err) WARN_UNUSED;
void part_encode(const struct part *part, struct buf *out);
enum outcome part_decode(struct text json, struct arena *arena, struct part *out, struct error *err) WARN_UNUSED;

#endif
