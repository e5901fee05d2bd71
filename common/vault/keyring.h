/* keyring: wrapped keys in a PostgreSQL cluster of their own. What vault.h promises of keys is done here. */
#ifndef LETHE_VAULT_KEYRING_H
#define LETHE_VAULT_KEYRING_H

#include "common/vault/kek.h"
#include "common/vault/vault.h"

struct keyring {
    struct pg *pg;
    struct kek_ring keks;
    char *maker;       /* the service, beside each key that it makes */
    int32_t epoch;     /* the current one; 0: not known yet */
    bool started;      /* between vault_keys_start and vault_keys_finish */
    int64_t looked_us; /* when it last asked for the current epoch, monotonic */
};

void keyring_init(struct keyring *keyring, const struct vault_config *config, const struct log *log);
void keyring_free(struct keyring *keyring);
/* keyring_ready: connected, the current epoch known, its KEK read and proven. */
enum outcome keyring_ready(struct keyring *keyring, struct error *err) WARN_UNUSED;
/* keyring_ask: pg_exec on the keyring; one that is away is told from the service's own database (RETRY "keyring"). */
enum outcome keyring_ask(struct keyring *keyring, const struct pg_statement *statement, const struct pg_params *params,
                         struct pg_rows *rows, struct error *err) WARN_UNUSED;
/* keyring_kek: the KEK of any epoch; one that isn't in memory is proven by the keyring first. */
enum outcome keyring_kek(struct keyring *keyring, int32_t epoch, struct arena *arena, const struct crypto_key **out,
                         struct error *err) WARN_UNUSED;

struct vault {
    struct keyring keyring;
};

#endif
