/* vault/migrate: the two schemas, and the first KEK. */
#include "common/vault/keyring.h"

#include "gen/keyring_migrations.h"
#include "gen/vault_migrations.h"
#include "gen/vault_sql.h"

static enum outcome insert_kek(struct pg *pg, const struct kek_ring *ring, struct error *err)
{
    struct arena *arena = arena_new();
    uint8_t proof[KEK_PROOF_BYTES];
    struct pg_params params;
    enum outcome outcome;

    kek_proof(ring->slots[0].key, 1, proof);
    pg_params_init(&params, arena);
    pg_add_bytes(&params, (struct bytes){proof, sizeof proof});
    outcome = pg_exec(pg, &vault_sql_kek_insert, &params, NULL, err);
    arena_free(arena);
    return outcome;
}

/* The file is there before its row: a crash between the two leaves a file that the next run takes. */
static enum outcome first_kek(struct pg *pg, const char *dir, struct error *err)
{
    const struct crypto_key *kek;
    struct kek_ring ring;
    struct pg_rows rows;
    enum outcome outcome;
    int known;

    TRY(pg_exec(pg, &vault_sql_keks_count, NULL, &rows, err));
    known = rows.n;
    pg_rows_free(&rows);
    if (known > 0)
        return DONE;
    TRY(kek_make(dir, 1, err));
    kek_ring_init(&ring, dir);
    outcome = kek_get(&ring, 1, (struct bytes){0}, &kek, err);
    if (outcome == DONE)
        outcome = insert_kek(pg, &ring, err);
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
    outcome = first_kek(pg, config->kek_dir, err);
    pg_free(pg);
    return outcome;
}
