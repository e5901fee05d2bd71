/* sets: sorted lists of hashes and ids. Pure. */
#ifndef LETHE_DEDUPE_SETS_H
#define LETHE_DEDUPE_SETS_H

#include "services/dedupe/dedupe.h"

void hashes_sort(struct hash_list *list); /* sorted, without repeats */
void uuids_sort(struct uuid_list *list);
bool uuid_listed(struct uuid_list sorted, const struct uuid *id);
struct hash hash_of_uuid(const struct uuid *id);
/* hashes_without: what `from` holds and `what` (sorted) doesn't */
struct hash_list hashes_without(struct arena *arena, struct hash_list from, struct hash_list what);
void hashes_add_linking(struct hash_list *out, const struct key_list *keys); /* those that link; out has room */

#endif
