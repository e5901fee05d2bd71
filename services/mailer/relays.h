/* relays: which relays mail leaves through, and how fast: the file of --relays, or the one relay of --smtp.
 *
 *   {"relays": [{"host": "relay.example:25", "weight": 3, "connections": 8, "per_second": 500, "tls": "starttls",
 *                "user": "acme", "password_file": "/run/secrets/relay", "ca_file": "/etc/ssl/relay.pem"}],
 *    "domains": [{"domain": "slow.example", "connections": 2, "per_second": 5}]}
 *
 * host alone is required. tls: none (default), starttls (demanded), implicit (RFC 8314). Limits hold for one process. */
#ifndef LETHE_MAILER_RELAYS_H
#define LETHE_MAILER_RELAYS_H

#include "common/buf/buf.h"
#include "common/text/text.h"

enum { RELAYS_MOST = 16, RELAY_DOMAINS_MOST = 1000, RELAY_CONNECTIONS = 16, RELAY_CONNECTIONS_MOST = 64 };

enum relay_tls { RELAY_TLS_NONE, RELAY_TLS_STARTTLS, RELAY_TLS_IMPLICIT };

struct relay {
    const char *host; /* host:port */
    const char *user, *password, *ca_file;
    enum relay_tls tls;
    int weight, connections;
    int per_second; /* 0: as many as it takes */
};
/* Recipients of one domain; 0: no limit. */
struct relay_domain {
    struct text domain; /* lower case, A-labels */
    int connections, per_second;
};

struct relays {
    struct relay items[RELAYS_MOST];
    size_t n;
    struct relay_domain *domains;
    size_t domains_n;
    struct arena *arena; /* holds what is pointed to */
};

/* relays_read: from the file's path; NULL where anything is wrong, with a line each in mistakes. */
struct relays *relays_read(const char *path, struct buf *mistakes);
/* relays_single: the one relay of --smtp; its strings stay the caller's. */
struct relays *relays_single(const char *host, const char *user, const char *password, bool tls);
void relays_free(struct relays *relays); /* wipes passwords */

#endif
