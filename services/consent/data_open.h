/* data_open: what lies in the vault about somebody, opened for themselves. */
#ifndef LETHE_CONSENT_DATA_OPEN_H
#define LETHE_CONSENT_DATA_OPEN_H

#include "services/consent/pages_data.h"
#include "services/consent/store.h"

struct opened_record {
    struct uuid id;
    struct text plain; /* the sealed text: JSON; TEXT_NONE: it is gone */
    struct data_record record;
    struct text email; /* normalised; TEXT_NONE: it has none */
};
/* data_open: of each id one row. */
enum outcome data_open(struct call *call, const struct uuid *ids, size_t n, struct opened_record **out,
                       struct error *err) WARN_UNUSED;
/* data_field: a field's value; TEXT_NONE. */
struct text data_field(const struct data_record *record, const char *name);

#endif
