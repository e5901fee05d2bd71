/* vault: the one door to personal data. Rows lie sealed in the schema `vault`, each under a key of its own; the keys lie
 * wrapped by the current KEK in the keyring, a PostgreSQL cluster of its own. Forgetting is destroying the key, then
 * the rows. Keys commit before their rows, under the row's id, so a repeat finds the same key.
 *
 * What the sealed texts are (JSON):
 *   record    {"source": {"system", "id"}, "category", "fields": {"email": "...", ...}, "provenance": [{"channel",
 *             "location", "captured_at", "captured_by", "act", "notice"}, ...], ...}: fields hold what the policy keeps,
 *             provenance begins with that of the last full change
 *   activity  {"source": {"system", "id"}, "category", "occurred_at", ..., "fields": {...}}
 *   part      {"role", "email", "name", "record": {"system", "id"}}: role always, the rest where known
 *   address   {"fields": {"email": "..."}}: so that whoever mails reads records and addresses alike
 *   evidence  {"provenance": {...}, "how", "given_by", "double_opt_in", "evidence": ...}
 *   request   {"reply_to", "relation", "identifiers": [{"kind": "email" | "source", "system", "value"}], ...}
 *   mail      as its template wants; quarantine: {"id", "source", "type", ..., "data": base64 of what came} */
#ifndef LETHE_VAULT_H
#define LETHE_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/arena/arena.h"
#include "common/crypto/crypto.h"
#include "common/error/error.h"
#include "common/log/log.h"
#include "common/pg/pg.h"

enum vault_kind {
    VAULT_RECORD,     /* a contact record: fields and provenance as JSON */
    VAULT_ACTIVITY,   /* an activity's content */
    VAULT_PART,       /* one person's part of an activity */
    VAULT_ADDRESS,    /* an address that a consent act names */
    VAULT_EVIDENCE,   /* what proves a consent act */
    VAULT_MAIL,       /* what one mail needs: its address, links, texts */
    VAULT_REQUEST,    /* what a subject request holds: reply_to, notes, identifiers for outside holders */
    VAULT_QUARANTINE, /* a refused event */
    VAULT_KINDS
};
extern const char *const vault_kind_names[VAULT_KINDS + 1];

/* One thing to keep. id is its own and its key's; owner groups (a record's id for a request's notes, an activity for
 * its parts; nil: none). Plain text stays the caller's. */
struct vault_item {
    struct uuid id, owner;
    enum vault_kind kind;
    struct text plain;
    int64_t expires_us; /* CLOCK_NONE: retention decides */
};

struct vault; /* one thread's: the keyring connection and the KEKs. */

struct vault_config {
    const char *keyring_dsn;
    const char *kek_dir, *kek_command; /* where the KEKs lie: a folder, or a program (place.h) */
    const char *service;               /* stands in the audit rows */
};
/* vault_new: reads KEKs at first use. Nothing of the vault's own is ever an input's fault: a missing, short or wrong KEK
 * file, or an epoch that the keyring doesn't know, is RETRY with the rule "kek"; a keyring that is away RETRY "keyring".
 * What doesn't open under its right key (vault_open, vault_unseal) is REFUSED. */
struct vault *vault_new(const struct vault_config *config, const struct log *log);
void vault_free(struct vault *vault);
bool vault_away(const struct error *err); /* is it one of those two? */
/* vault_ready: asks the keyring for its current epoch, and reads and proves that KEK, again where its file is another. */
enum outcome vault_ready(struct vault *vault, struct error *err) WARN_UNUSED;

/* vault_let_go: KEKs whose epoch has ended leave this thread's memory; asks the keyring once a minute at most, and only where
 * there are any. */
void vault_let_go(struct vault *vault);

/* vault_migrate: the schemas `vault` and `keyring`, with their owners' connections; and the first KEK where there is
 * none. Repeatable; `lethe-intake migrate` runs it. */
struct vault_migrate_config {
    const char *vault_owner_dsn, *keyring_owner_dsn, *kek_dir, *kek_command;
};
enum outcome vault_migrate(const struct vault_migrate_config *config, const struct log *log, int *applied,
                           struct error *err) WARN_UNUSED;

/* vault_keys: keys for n ids: those that the keyring has, and new ones, committed there before the return, for those
 * it lacks. out: n keys of CRYPTO_KEY_BYTES, in the arena, wiped with it. Writers hold the KEK's row FOR SHARE and
 * check that it is current. */
enum outcome vault_keys(struct vault *vault, const struct uuid *ids, size_t n, struct arena *arena,
                        uint8_t (**out)[CRYPTO_KEY_BYTES], struct error *err) WARN_UNUSED;
/* vault_keys_start, vault_keys_finish: new keys for n ids, none of which is thought to have one, in two halves: between
 * them the caller seals and queues while they are committed; its own commit waits for finish. Where an id had a key
 * after all, finish is RETRY and *had is true: nothing sealed since start counts, and vault_keys finds the right ones. */
enum outcome vault_keys_start(struct vault *vault, const struct uuid *ids, size_t n, struct arena *arena,
                              uint8_t (**out)[CRYPTO_KEY_BYTES], struct error *err) WARN_UNUSED;
enum outcome vault_keys_finish(struct vault *vault, bool *had, struct error *err) WARN_UNUSED;
/* vault_keys_find: without making new ones; found[i] tells. */
enum outcome vault_keys_find(struct vault *vault, const struct uuid *ids, size_t n, struct arena *arena,
                             uint8_t (**out)[CRYPTO_KEY_BYTES], bool *found, struct error *err) WARN_UNUSED;

/* vault_seal: plain sealed under a key with the id as associated data; out in the arena. vault_unseal the reverse. */
struct bytes vault_seal(const uint8_t key[CRYPTO_KEY_BYTES], const struct uuid *id, struct text plain,
                        struct arena *arena);
enum outcome vault_unseal(const uint8_t key[CRYPTO_KEY_BYTES], const struct uuid *id, struct bytes sealed,
                          struct arena *arena, struct text *out, struct error *err) WARN_UNUSED;

/* vault_put: keys, then the items into vault.item within pg's transaction (vault.put_v1). An id that is there is
 * overwritten (same key, new nonce). Records have a road of their own (intake's store: vault.records_put_v1). */
enum outcome vault_put(struct vault *vault, struct pg *pg, const struct vault_item *items, size_t n,
                       struct arena *arena, struct error *err) WARN_UNUSED;

/* vault_open: plain texts of records and items by id, in the arena; TEXT_NONE for what is gone. One audit row a call
 * (vault.open_v1, SECURITY DEFINER) in pg's transaction; reason is a code of ours ("mail", "request", "operator-look"),
 * `actor` an id of an operator or nil. Restricted records open for reason "request" alone. */
enum outcome vault_open(struct vault *vault, struct pg *pg, const struct uuid *ids, size_t n, const char *reason,
                        const struct uuid *actor, struct arena *arena, struct text *out, struct error *err) WARN_UNUSED;

/* vault_keys_destroy: deletes the keys of n ids in the keyring and commits there; *destroyed counts. */
enum outcome vault_keys_destroy(struct vault *vault, const struct uuid *ids, size_t n, int64_t *destroyed,
                                struct error *err) WARN_UNUSED;
/* vault_delete: deletes items' rows (not records) in pg's transaction (vault.delete_v1). Destroy the keys first. */
enum outcome vault_delete(struct vault *vault, struct pg *pg, const struct uuid *ids, size_t n, struct arena *arena,
                          int64_t *rows, struct error *err) WARN_UNUSED;
/* vault_keys_count: how many of the ids still have a key (the second look). */
enum outcome vault_keys_count(struct vault *vault, const struct uuid *ids, size_t n, int64_t *count,
                              struct error *err) WARN_UNUSED;
/* vault_keys_page: up to `most` key ids after *after, in their order; *after becomes the last one looked at, nil at the
 * end. Only keys older than older_than_us come out, whoever made them: what a sweep may find orphaned. */
enum outcome vault_keys_page(struct vault *vault, struct uuid *after, int64_t older_than_us, int most,
                             struct arena *arena, struct uuid_list *out, struct error *err) WARN_UNUSED;
/* vault_keys_sweep: destroys those of n ids that are still older than older_than_us: whoever is about to use a key has
 * touched it (vault_keys does). */
enum outcome vault_keys_sweep(struct vault *vault, int64_t older_than_us, const struct uuid *ids, size_t n,
                              struct arena *arena, int64_t *destroyed, struct error *err) WARN_UNUSED;

#endif
