/* rotation: the life of KEKs. An epoch begins (its KEK is made, copied to the escrow, then current), retires when its time
 * is over, has its living keys rewrapped page by page, and is destroyed once it wraps nothing: from then on no copy of the
 * keyring from before can be read. Each step may be cut off anywhere and is done again; two processes at it do no harm. */
#ifndef LETHE_VAULT_ROTATION_H
#define LETHE_VAULT_ROTATION_H

#include "common/clock/clock.h"
#include "common/vault/place.h"
#include "common/vault/vault.h"

struct rotation_epoch {
    int32_t epoch; /* 0: there is none */
    bool escrowed; /* a copy lies in the escrow */
};

/* What the keyring knows, at one time. */
struct rotation {
    struct rotation_epoch current, ending;
    int64_t created_us, rotate_us, destroy_by_us; /* of the current one; CLOCK_NONE: not planned yet */
    int64_t ending_by_us;
    bool destroying;                  /* the ending one wraps nothing any more */
    bool acknowledged, escrow_agrees; /* of its destruction */
    bool wanted, paused;              /* by operators */
    struct uuid reached;              /* by the rewrap; nil: it begins */
    int64_t rewrapped, unreadable;
    int32_t newest; /* of all epochs that there ever were */
};

enum rotation_step {
    ROTATION_REST,    /* nothing is due, or it is paused */
    ROTATION_BEGIN,   /* a new epoch */
    ROTATION_REWRAP,  /* the old one's keys */
    ROTATION_DESTROY, /* the old KEK */
};
/* rotation_decide: pure. */
enum rotation_step rotation_decide(const struct rotation *r, int64_t now_us);
/* rotation_destroy_by: when an epoch that is to rotate then must be gone at the latest: a day for the rewrap, the escrow and
 * whatever is away meanwhile. Certificates name the day. */
int64_t rotation_destroy_by(int64_t rotate_us);
/* rotation_late_us: how long an epoch is past its day; 0: none is. */
int64_t rotation_late_us(const struct rotation *r, int64_t now_us);

/* All of these: RETRY "keyring" or "kek" where one of them is away. */
enum outcome rotation_load(struct vault *vault, struct rotation *out, struct error *err) WARN_UNUSED;
/* rotation_plan: the current epoch ends `rotate_us`, or earlier where that stands already. */
enum outcome rotation_plan(struct vault *vault, const struct rotation *r, int64_t rotate_us,
                           struct error *err) WARN_UNUSED;
/* rotation_escrow: the current KEK's copy, where an escrow is configured and has none. */
enum outcome rotation_escrow(struct vault *vault, const struct kek_place *escrow, const struct rotation *r,
                             struct error *err) WARN_UNUSED;
/* rotation_begin: *begun false: another process was quicker, or the new number had been used up: again. rotate_us: the new
 * epoch's own end. */
enum outcome rotation_begin(struct vault *vault, const struct kek_place *escrow, const struct rotation *r,
                            int64_t rotate_us, bool *begun, struct error *err) WARN_UNUSED;

/* The rewrap. One vault's keyring reads the next page while the other's writes the last one. */
struct rewrap {
    struct vault *writer, *reader;
    int32_t old, fresh;
    struct uuid reached; /* nil: from the beginning; advanced */
    int64_t done, unreadable;
    struct arena *arenas[2]; /* of the page in the making and of the one being written */
    int turn;
    bool writing, over;
};
/* rewrap_start: borrows both vaults; rewrap_stop waits for the last page, which may not come. */
void rewrap_start(struct rewrap *w, struct vault *writer, struct vault *reader, const struct rotation *r);
/* rewrap_page: one page on; *more false once the last one is committed. */
enum outcome rewrap_page(struct rewrap *w, bool *more, struct error *err) WARN_UNUSED;
void rewrap_stop(struct rewrap *w);

/* rotation_retire: counts what is left under the old KEK, under its lock; *left 0: it may be destroyed now. */
enum outcome rotation_retire(struct vault *vault, const struct rotation *r, int64_t *left,
                             struct error *err) WARN_UNUSED;
/* rotation_destroy: at its own place and in the escrow; *destroyed once both have acknowledged it. */
enum outcome rotation_destroy(struct vault *vault, const struct kek_place *escrow, const struct rotation *r,
                              bool *destroyed, struct error *err) WARN_UNUSED;

/* rotation_want: what operators want; -1: as it is. */
enum outcome rotation_want(struct vault *vault, int wanted, int paused, struct error *err) WARN_UNUSED;

/* rotation_dark_by: a key that was destroyed at that time: when no copy of the keyring can give it back any more. */
struct rotation_dark {
    int64_t epoch, by_us; /* CLOCK_NONE: not known */
    bool late;            /* an epoch that counts is past its day, or has none: nothing can be promised */
};
enum outcome rotation_dark_by(struct vault *vault, int64_t at_us, struct rotation_dark *out,
                              struct error *err) WARN_UNUSED;

/* The epochs, newest first, for whoever asks. */
struct epoch_row {
    int64_t epoch;
    struct text state;
    int64_t created_us, rotate_us, destroy_by_us, retired_us, emptied_us, escrowed_us, destroyed_us;
    struct text ack, escrow_ack;
    int64_t keys;
};
enum outcome rotation_epochs(struct vault *vault, struct arena *arena, struct epoch_row **out, size_t *n,
                             struct error *err) WARN_UNUSED;
const char *rotation_place(const struct vault *vault); /* "file" or "command" */

#endif
