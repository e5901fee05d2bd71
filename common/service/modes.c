/* modes: what a service's binary does beside serving: --help, --describe, migrate, restored. */
#include "common/service/internal.h"

#include <stdio.h>

#include "common/forget/forget.h"
#include "gen/forget_migrations.h"
#include "gen/lease_migrations.h"
#include "gen/outbox_migrations.h"
#include "gen/service_migrations.h"
#include "gen/service_sql.h"

enum { MIGRATIONS_MAX = 128 };

/* ---- migrate -------------------------------------------------------------------------------------------------------------- */

static size_t all_migrations(const struct service_def *def, struct pg_migration *out, size_t room)
{
    const struct {
        const struct pg_migration *list;
        size_t n;
    } areas[] = {
        {service_migrations, service_migrations_n}, {outbox_migrations, outbox_migrations_n},
        {lease_migrations, lease_migrations_n},     {forget_migrations, forget_migrations_n},
        {def->migrations, def->migrations_n},
    };
    size_t n = 0;

    for (size_t a = 0; a < sizeof(areas) / sizeof(areas[0]); a++) {
        for (size_t i = 0; i < areas[a].n; i++) {
            ENSURE(n < room);
            out[n++] = areas[a].list[i];
        }
    }
    return n;
}

int migrate(struct service *service)
{
    struct pg_migration all[MIGRATIONS_MAX];
    size_t n = all_migrations(service->def, all, MIGRATIONS_MAX);
    const char *owner = option_text(service->options, "pg-owner");
    struct error err = {0};
    char role[64];
    int applied = 0;
    enum outcome outcome;

    if (owner == NULL) {
        fprintf(stderr, "lethe-%s migrate: --pg-owner (LETHE_PG_OWNER) is needed\n", service->def->name);
        return EXIT_CONFIG;
    }
    snprintf(role, sizeof(role), "lethe_%s", service->def->name);
    outcome = pg_migrate(owner, service->def->name, role, all, n, &service->log, &applied, &err);
    if (outcome == DONE && service->def->migrate_more != NULL)
        outcome = service->def->migrate_more(service->options, &service->log, &applied, &err);
    if (outcome != DONE) {
        log_error(&service->log, "migrate.failed", F_ERROR(&err));
        return 1;
    }
    log_info(&service->log, "migrate.done", F_INT("applied", applied));
    return 0;
}

enum outcome schema_check(struct service *service, struct pg *pg, struct error *err)
{
    const struct service_def *def = service->def;
    struct arena *arena = arena_new();
    struct pg_params params;
    struct pg_rows rows;
    enum outcome outcome;

    pg_params_init(&params, arena);
    pg_add_str(&params, def->name);
    outcome = pg_exec(pg, &service_sql_schema_version, &params, &rows, err);
    if (outcome == DONE) {
        int32_t version = pg_get_int4(&rows, 0, 0);
        if (version < def->schema_least || version > def->schema_most)
            outcome = error_retry(err, "schema", "schema version %d, this program needs %d to %d", version,
                                  def->schema_least, def->schema_most);
        pg_rows_free(&rows);
    }
    arena_free(arena);
    return outcome;
}

/* ---- restored --------------------------------------------------------------------------------------------------------- */

static enum outcome raise(struct pg *pg, bool resync, int64_t *value, struct error *err)
{
    struct pg_rows rows;

    TRY(pg_begin(pg, err));
    TRY(pg_exec(pg, &service_sql_incarnation_raise, NULL, &rows, err));
    *value = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    if (resync)
        TRY(resync_want(pg, err));
    return pg_commit(pg, err);
}

/* After a restore: revisions of the new incarnation win over what others kept from a future that is gone, and the process
 * that serves announces every current row. Doing it once too often costs a resync, nothing else. */
int restored(struct service *service)
{
    const struct service_def *def = service->def;
    struct pg *pg = pg_new(option_text(service->options, "pg"), def->name, "lethe-restored", &service->log);
    struct error err = {0};
    int64_t value = 0;
    enum outcome outcome = raise(pg, def->resync != NULL, &value, &err);

    if (outcome == DONE)
        log_info(&service->log, "restored.done", F_INT("incarnation", value),
                 F_STR("resync", def->resync != NULL ? "wanted" : "none"));
    else
        log_error(&service->log, "restored.failed", F_ERROR(&err));
    pg_rollback(pg);
    pg_free(pg);
    return outcome == DONE ? 0 : 1;
}

/* ---- pages ------------------------------------------------------------------------------------------------------------ */

void print_help(const struct service_def *def)
{
    const struct option *const tables[] = {service_runtime_options, def->options};
    const size_t sizes[] = {service_runtime_options_n, def->options_n};
    struct buf out;

    buf_init(&out, 64 << 10);
    options_help(tables, sizes, 2, &out);
    printf("lethe-%s: %s\n\nusage: lethe-%s [options]            serve\n       lethe-%s [options] migrate    bring the "
           "schema up to date\n       lethe-%s [options] restored   after a restore of PostgreSQL or Kafka: what comes "
           "now "
           "wins over what others\n                                  kept, and every current row is announced again\n  "
           "     lethe-%s --check | --describe | --version | --help\n\nEach option is a flag or a "
           "variable (--http-threads, LETHE_HTTP_THREADS); secrets may be read from\na file (LETHE_..._FILE).\n\n%.*s",
           def->name, def->summary, def->name, def->name, def->name, def->name, (int)out.n, out.p);
    buf_free(&out);
}

void print_description(const struct service_def *def)
{
    struct buf out;

    buf_init(&out, 4 << 20);
    describe(def, &out);
    printf("%.*s\n", (int)out.n, out.p);
    buf_free(&out);
}
