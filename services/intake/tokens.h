/* tokens: which source may send over HTTP. Optional: without a file of tokens the port is for the inside network alone.
 * Pure. */
#ifndef LETHE_INTAKE_TOKENS_H
#define LETHE_INTAKE_TOKENS_H

#include "common/crypto/crypto.h"
#include "common/error/error.h"
#include "common/event/event.h"

struct tokens; /* never changed once read */

/* tokens_read: lines of "source: SHA-256 of its token, 64 hex digits"; a source may have several (while they are
 * exchanged). Blank lines and # comments are skipped; the mistake's line is named. tokens_free(NULL) does nothing. */
enum outcome tokens_read(struct text file, struct tokens **out, struct error *err) WARN_UNUSED;
enum outcome tokens_read_file(const char *path, struct tokens **out, struct error *err) WARN_UNUSED;
void tokens_free(struct tokens *tokens);

/* tokens_source: whose token an Authorization header bears; TEXT_NONE: nobody's. */
struct text tokens_source(const struct tokens *tokens, struct text authorization);

/* tokens_admit: may this source send an event of that type? It must name itself as the event's source, and its own
 * records and activities; an act may name anybody's record. */
enum outcome tokens_admit(struct text source, const struct event_meta *meta, const struct event_type *type,
                          const void *data, struct error *err) WARN_UNUSED;

#endif
