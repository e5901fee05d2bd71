/* redact: takes what is known of a person out of texts that stay for others. Pure. */
#ifndef LETHE_INTAKE_REDACT_H
#define LETHE_INTAKE_REDACT_H

#include "common/arena/arena.h"
#include "common/event/event.h"

/* What stands where something was. */
#define REDACT_MARK "[erased]"

/* What is looked for: emails, phones, names, as they were written. */
struct literals {
    struct text *items;
    size_t n, room;
};

/* literals_add: white space at the ends goes; what is shorter than 3 bytes would hit too much and is left out, and so are
 * repeats. */
void literals_add(struct literals *literals, struct text literal, struct arena *arena);

/* redact_text: each occurrence as a whole word, ASCII case aside, becomes "[erased]"; returns how many there were. */
size_t redact_text(struct text in, const struct literals *literals, struct arena *arena, struct text *out);
/* redact_scalars: in place, texts alone. */
size_t redact_scalars(struct scalar_list *fields, const struct literals *literals, struct arena *arena);

#endif
