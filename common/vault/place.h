/* place: where KEKs lie: a folder of files, or a program that stands before a KMS. The escrow, which has the one second
 * copy, is a place as well. */
#ifndef LETHE_VAULT_PLACE_H
#define LETHE_VAULT_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/crypto/crypto.h"

enum { KEK_ACK_MOST = 200, KEK_WHERE_MOST = 400 };

/* What tells that a KEK is still the one that was read; all zero where the place can't say. */
struct kek_mark {
    uint64_t file, changed_ns;
    int64_t size;
};

struct kek_place;
/* One kind of place. Whatever is amiss is waited for: RETRY "kek", in words; so is a KEK that was destroyed ("was
 * destroyed on ..."). */
struct kek_place_type {
    const char *name;
    enum outcome (*load)(const struct kek_place *place, int32_t epoch, struct crypto_key **out, struct kek_mark *mark,
                         struct error *err);
    /* unchanged: is it still there, and the one that was loaded? Cheap: asked before each batch of new keys. */
    bool (*unchanged)(const struct kek_place *place, int32_t epoch, const struct kek_mark *mark);
    /* make: there is one of this epoch afterwards; *destroyed: there was, and it is gone for good. */
    enum outcome (*make)(const struct kek_place *place, int32_t epoch, bool *destroyed, struct error *err);
    /* keep: takes a copy (the escrow). The same again changes nothing. */
    enum outcome (*keep)(const struct kek_place *place, int32_t epoch, const struct crypto_key *key, struct error *err);
    /* destroy: gone for good, so that load says when. ack: a line that says so. Again: the same. */
    enum outcome (*destroy)(const struct kek_place *place, int32_t epoch, char ack[KEK_ACK_MOST], struct error *err);
};

/* where: a folder's or a program's path; type NULL: there is no such place. */
struct kek_place {
    const struct kek_place_type *type;
    char where[KEK_WHERE_MOST];
};

/* kek_place_init: a folder, or else a program; both NULL: no place. A path that is too long can't be loaded from. */
void kek_place_init(struct kek_place *place, const char *folder, const char *program);

/* Files: FOLDER/EPOCH.kek, 64 hex digits, mode 0600; FOLDER/EPOCH.destroyed says when it went. */
extern const struct kek_place_type kek_folder;
/* A program: PROGRAM load|make|keep|destroy EPOCH. load writes 64 hex digits to stdout, keep reads them from stdin,
 * destroy's first line is the acknowledgement. Exit 0: done; 3: that KEK was destroyed (the first line says when);
 * anything else, or no end within 20 s: tried again. */
extern const struct kek_place_type kek_program;

#endif
