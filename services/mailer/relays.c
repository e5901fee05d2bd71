/* relays: reading and checking the file. */
#include "services/mailer/relays.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena/arena.h"
#include "proto/table.h"

enum { FILE_MOST = 256 * 1024, PASSWORD_MOST = 1024 };

static const char *const tls_names[] = {"none", "starttls", "implicit", NULL};

struct relay_row {
    struct text host, user, password_file, ca_file;
    int64_t weight, connections, per_second;
    int tls;
};
struct relay_rows {
    struct relay_row *items;
    size_t n;
};
struct domain_row {
    struct text domain;
    int64_t connections, per_second;
};
struct domain_rows {
    struct domain_row *items;
    size_t n;
};
struct relays_file {
    struct relay_rows relays;
    struct domain_rows domains;
};
static const struct field relay_type_fields[] = {
    MUST(relay_row, host, TEXT, 3, 261),
    MAY(relay_row, weight, INT, 1, 1000),
    MAY(relay_row, connections, INT, 1, RELAY_CONNECTIONS_MOST),
    MAY(relay_row, per_second, INT, 1, 100000),
    MAY_ENUM(relay_row, tls, tls_names),
    MAY(relay_row, user, TEXT, 1, 256),
    MAY(relay_row, password_file, TEXT, 1, 1024),
    MAY(relay_row, ca_file, TEXT, 1, 1024),
};
CLOSED(relay_row, relay_type, NULL);
static const struct field domain_type_fields[] = {
    MUST(domain_row, domain, TEXT, 3, 253),
    MAY(domain_row, connections, INT, 1, RELAY_CONNECTIONS_MOST),
    MAY(domain_row, per_second, INT, 1, 100000),
};
CLOSED(domain_row, domain_type, NULL);
static const struct field file_type_fields[] = {
    MUST_OBJECTS(relays_file, relays, relay_type, 1, RELAYS_MOST),
    MAY_OBJECTS(relays_file, domains, domain_type, 0, RELAY_DOMAINS_MOST),
};
CLOSED(relays_file, file_type, NULL);

static bool read_file(const char *path, size_t most, struct arena *arena, struct text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *p = arena_alloc(arena, most + 1);
    size_t n = 0;
    ssize_t got;

    if (fd < 0)
        return false;
    while (n <= most && (got = read(fd, p + n, most + 1 - n)) > 0)
        n += (size_t)got;
    (void)close(fd);
    *out = (struct text){.p = p, .n = n};
    return n > 0 && n <= most;
}

/* An absent number is INT64_MIN or 0, as the decoder leaves it: the default stands. */
static int number(int64_t given, int fallback)
{
    return given > 0 ? (int)given : fallback;
}

static bool host_ok(struct text host)
{
    const char *colon = memrchr(host.p, ':', host.n);
    int64_t port;

    return colon != NULL && colon != host.p &&
           text_to_int64((struct text){.p = colon + 1, .n = (size_t)(host.p + host.n - colon) - 1}, &port) &&
           port > 0 && port < 65536 && memchr(host.p, '/', host.n) == NULL && memchr(host.p, '@', host.n) == NULL;
}

static const char *optional(struct arena *arena, struct text text)
{
    return text.n > 0 ? text_cstr(arena, text) : NULL;
}

static void read_relay(struct relays *relays, const struct relay_row *row, struct buf *mistakes)
{
    struct relay *out = &relays->items[relays->n];
    struct text password;

    if (!host_ok(row->host))
        buf_printf(mistakes, "--relays: /relays/%zu/host is no host:port\n", relays->n);
    if (row->ca_file.n > 0 && access(text_cstr(relays->arena, row->ca_file), R_OK) != 0)
        buf_printf(mistakes, "--relays: /relays/%zu/ca_file can't be read\n", relays->n);
    if ((row->user.n > 0) != (row->password_file.n > 0))
        buf_printf(mistakes, "--relays: /relays/%zu: user and password_file go together\n", relays->n);
    *out = (struct relay){.host = text_cstr(relays->arena, row->host),
                          .user = optional(relays->arena, row->user),
                          .ca_file = optional(relays->arena, row->ca_file),
                          .tls = row->tls < 0 ? RELAY_TLS_NONE : (enum relay_tls)row->tls,
                          .weight = number(row->weight, 1),
                          .connections = number(row->connections, RELAY_CONNECTIONS),
                          .per_second = number(row->per_second, 0)};
    if (row->password_file.n > 0) {
        if (read_file(text_cstr(relays->arena, row->password_file), PASSWORD_MOST, relays->arena, &password))
            out->password = text_cstr(relays->arena, text_trim(password));
        else
            buf_printf(mistakes, "--relays: /relays/%zu/password_file can't be read\n", relays->n);
    }
    relays->n++;
}

static void read_domains(struct relays *relays, const struct domain_rows *rows)
{
    relays->domains = ARENA_ARRAY(relays->arena, rows->n + 1, struct relay_domain);
    for (size_t i = 0; i < rows->n; i++)
        relays->domains[relays->domains_n++] =
            (struct relay_domain){.domain = rows->items[i].domain,
                                  .connections = number(rows->items[i].connections, 0),
                                  .per_second = number(rows->items[i].per_second, 0)};
}

static struct relays *relays_new(void)
{
    struct relays *relays = calloc(1, sizeof(*relays));

    ENSURE(relays != NULL);
    relays->arena = arena_new();
    return relays;
}

struct relays *relays_read(const char *path, struct buf *mistakes)
{
    struct relays *relays = relays_new();
    const struct relays_file *file;
    const size_t before = mistakes->n;
    void *decoded = NULL;
    struct text json;
    struct error err;

    if (!read_file(path, FILE_MOST, relays->arena, &json)) {
        buf_str(mistakes, "--relays: the file can't be read, is empty or too large\n");
    } else if (event_decode(&file_type, json, relays->arena, &decoded, &err) != DONE) {
        buf_printf(mistakes, "--relays: %s: %s\n", err.pointer, err.rule);
    } else {
        file = decoded;
        for (size_t i = 0; i < file->relays.n; i++)
            read_relay(relays, &file->relays.items[i], mistakes);
        read_domains(relays, &file->domains);
    }
    if (mistakes->n == before)
        return relays;
    relays_free(relays);
    return NULL;
}

struct relays *relays_single(const char *host, const char *user, const char *password, bool tls)
{
    struct relays *relays = relays_new();

    relays->n = 1;
    relays->items[0] = (struct relay){.host = host,
                                      .user = user,
                                      .password = password,
                                      .tls = tls ? RELAY_TLS_STARTTLS : RELAY_TLS_NONE,
                                      .weight = 1,
                                      .connections = RELAY_CONNECTIONS};
    return relays;
}

void relays_free(struct relays *relays)
{
    if (relays == NULL)
        return;
    arena_free(relays->arena);
    free(relays);
}
