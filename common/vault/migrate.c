/* vault/migrate: the two schemas, and the first KEK. */
#include "common/vault/keyring.h"

#include "gen/keyring_migrations.h"
#include "gen/vault_migrations.h"
#include "gen/vault_sql.h"

enum { EPOCHS_TRIED = 10000 };

static enum outcome insert_kek(struct pg *pg, const struct kek_ring *ring, int32_t epoch, struct error *err)
{
    struct arena *arena = arena_new();
    uint8_t proof[KEK_PROOF_BYTES];
    struct pg_params params;
    enum outcome outcome;

    kek_proof(kek_find(ring, epoch), epoch, proof);
    pg_params_init(&params, arena);
    pg_add_int4(&params, epoch);
    pg_add_bytes(&params, (struct bytes){proof, sizeof proof});
    outcome = pg_exec(pg, &vault_sql_kek_insert, &params, NULL, err);
    arena_free(arena);
    return outcome;
}

/* An empty keyring may come to a place where others' epochs have ended. */
static enum outcome make_first(const struct kek_place *place, int32_t *epoch, struct error *err)
{
    bool destroyed = true;

    if (place->type == NULL)
        return error_refuse(err, "", "kek", "no place of the KEKs is configured");
    for (*epoch = 0; destroyed && *epoch < EPOCHS_TRIED;) {
        ++*epoch;
        TRY(place->type->make(place, *epoch, &destroyed, err));
    }
    return destroyed ? error_refuse(err, "", "kek", "%s: every epoch was destroyed", place->where) : DONE;
}

/* The file is there before its row: a crash between the two leaves a file that the next run takes. */
static enum outcome first_kek(struct pg *pg, const struct vault_migrate_config *config, struct error *err)
{
    const struct crypto_key *kek;
    struct kek_ring ring;
    struct pg_rows rows;
    enum outcome outcome;
    int32_t epoch = 0;
    int known;

    TRY(pg_exec(pg, &vault_sql_keks_count, NULL, &rows, err));
    known = rows.n;
    pg_rows_free(&rows);
    if (known > 0)
        return DONE;
    kek_ring_init(&ring, config->kek_dir, config->kek_command);
    TRY(make_first(&ring.place, &epoch, err));
    outcome = kek_get(&ring, epoch, (struct bytes){0}, &kek, err);
    if (outcome == DONE)
        outcome = insert_kek(pg, &ring, epoch, err);
    kek_ring_free(&ring);
    return outcome;
}

enum outcome vault_migrate(const struct vault_migrate_config *config, const struct log *log, int *applied,
                           struct error *err)
{
    int vault_applied = 0, keyring_applied = 0;
    struct pg *pg;
    enum outcome outcome;

    TRY(pg_migrate(config->vault_owner_dsn, "vault", "lethe_intake", vault_migrations, vault_migrations_n, log,
                   &vault_applied, err));
    TRY(pg_migrate(config->keyring_owner_dsn, "keyring", "lethe_intake", keyring_migrations, keyring_migrations_n, log,
                   &keyring_applied, err));
    *applied = vault_applied + keyring_applied;
    pg = pg_new(config->keyring_owner_dsn, "keyring", "lethe-migrate", log);
    outcome = first_kek(pg, config, err);
    pg_free(pg);
    return outcome;
}
