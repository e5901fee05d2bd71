/* instruction: what one outside holder is told: the envelope with those identifiers that it understands. */
#ifndef LETHE_ERASURE_INSTRUCTION_H
#define LETHE_ERASURE_INSTRUCTION_H

#include "services/erasure/tasks.h"

/* instruction_write: the JSON of a lethe.holder.instruction; TEXT_NONE where it could name nobody to that holder. Source
 * ids are told to their own system, or to a holder that is no system's (an archive). */
struct text instruction_write(struct call *call, const struct delivery *delivery,
                              struct holder_identifier_list identifiers);
/* instruction_box: the JSON of a lethe.holder.instruction's sealed box. */
struct text instruction_box(struct call *call, const struct delivery *delivery, struct text instruction);

/* What deliveries need of the vault: identifiers a request, shared secrets a holder; opened in one call. */
struct opened {
    struct text *plain; /* a delivery: the identifiers' item */
    struct text *hmac;  /* a delivery: the shared secret, or TEXT_NONE */
};
enum outcome instructions_open(struct call *call, const struct delivery *deliveries, size_t n, struct opened *out,
                               struct error *err) WARN_UNUSED;

#endif
