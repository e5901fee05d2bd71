/* value: reads one value of a field into its C member. Only event's own files include it. */
#ifndef LETHE_EVENT_VALUE_H
#define LETHE_EVENT_VALUE_H

#include "common/event/reader.h"

bool field_bounded(const struct field *field);
size_t field_most(const struct field *field, size_t most); /* the field's own bound, else `most` */

/* value_read: every kind but objects and lists. */
enum outcome value_read(struct reader *r, const struct field *field, void *at) WARN_UNUSED;
enum outcome value_text(struct reader *r, size_t least, size_t most, struct text *out) WARN_UNUSED;
enum outcome value_uuid(struct reader *r, struct uuid *out) WARN_UNUSED;
enum outcome value_hash(struct reader *r, struct hash *out) WARN_UNUSED;
enum outcome value_type_fault(struct reader *r);

/* value_list_grow: room for one more item of a list that grows in the arena. */
void *value_list_grow(struct arena *arena, void *items, size_t n, size_t *room, size_t size);

#endif
