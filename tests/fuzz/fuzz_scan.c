/* Refused bytes: whatever they are, what is found in them is bounded, and the same once more. */
#include <string.h>

#include "common/error/error.h"
#include "services/intake/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct text in = {.p = (const char *)bytes, .n = n};
    struct arena *arena = arena_new();
    struct scan *scan = ARENA_NEW(arena, struct scan);
    size_t addresses, records;

    scan_begin(scan);
    scan_json(scan, in, arena);
    addresses = scan->addresses_n;
    records = scan->records_n;
    ENSURE(addresses <= SCAN_MOST && records <= SCAN_MOST && scan->ids_n == 0 && scan->depth == 0);
    for (size_t i = 0; i < addresses; i++)
        ENSURE(scan->addresses[i].n >= 3 && memchr(scan->addresses[i].p, '@', scan->addresses[i].n) != NULL);
    for (size_t i = 0; i < records; i++)
        ENSURE(scan->records[i].system.p != NULL && scan->records[i].id.n > 0);
    scan_begin(scan);
    scan_json(scan, in, arena);
    ENSURE(scan->addresses_n == addresses && scan->records_n == records);
    scan_text(scan, in, arena);
    arena_free(arena);
    return 0;
}
