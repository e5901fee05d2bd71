/* service: what lethe-consent is: its tables of topics, routes and jobs, and what all its calls share. */
#ifndef LETHE_CONSENT_SERVICE_H
#define LETHE_CONSENT_SERVICE_H

#include "common/service/service.h"

extern const struct service_def consent_service;

/* How far the job ask-anew has come. */
struct anew_cursor {
    size_t purpose; /* of the policy's */
    struct uuid after;
};

/* Made at start, never changed after, but for what is one job's own. */
struct consent_shared {
    char *public_url;            /* without a slash at its end */
    char *maildir;               /* of the unsubscribe address; NULL: none */
    char *mailto;                /* that address; NULL: none */
    uint8_t unsubscribe_key[32]; /* derived from the index key */
    struct metric *broken_chains;
    struct anew_cursor anew; /* the job's alone */
};

#endif
