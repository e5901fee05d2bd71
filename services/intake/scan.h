/* scan: identifiers in bytes that were refused and needn't be JSON: so that a forget finds what lies in quarantine. Pure. */
#ifndef LETHE_INTAKE_SCAN_H
#define LETHE_INTAKE_SCAN_H

#include "proto/contact.h"

enum {
    SCAN_MOST = 1000, /* addresses, and records, of one event */
    SCAN_DEPTH_MOST = 2 * EVENT_DEPTH_MOST,
};

struct scan_id {
    size_t depth;
    struct text id;
};
/* Large: one for many events. Zeroed is ready. */
struct scan {
    struct text addresses[SCAN_MOST]; /* whatever stands around an @: not normalised, and often no address */
    size_t addresses_n;
    struct record_ref records[SCAN_MOST]; /* a `system` beside an `id`, `survivor` or `losers` in one object */
    size_t records_n;
    bool more; /* there are more than SCAN_MOST: not all were found */
    /* the objects that it is in, and ids that wait for their end */
    size_t depth;
    struct text names[SCAN_DEPTH_MOST + 1], systems[SCAN_DEPTH_MOST + 1];
    struct scan_id ids[SCAN_MOST];
    size_t ids_n;
};

/* scan_begin: for the next event. Then scan_json for what may be JSON (whole, cut off or broken) and scan_text for any
 * other text. Texts found are views into what was scanned, or lie in the arena. */
void scan_begin(struct scan *scan);
void scan_json(struct scan *scan, struct text raw, struct arena *arena);
void scan_text(struct scan *scan, struct text text, struct arena *arena);

#endif
