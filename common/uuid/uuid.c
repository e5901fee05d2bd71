/* uuid: RFC 9562, versions 4, 7 and 8. */
#include "common/uuid/uuid.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/arena/arena.h"
#include "common/error/error.h"

static void entropy_fill(uint8_t *out, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t more = getrandom(out + got, n - got, 0);
        ENSURE(more > 0 || errno == EINTR);
        if (more > 0)
            got += (size_t)more;
    }
}

static void stamp(struct uuid *id, unsigned version)
{
    id->b[6] = (uint8_t)((id->b[6] & 0x0F) | (version << 4));
    id->b[8] = (uint8_t)((id->b[8] & 0x3F) | 0x80);
}

struct uuid uuid_v7(int64_t time_us, const uint8_t entropy[10])
{
    struct uuid id;
    uint64_t ms = time_us > 0 ? (uint64_t)time_us / 1000 : 0;

    for (unsigned i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(ms >> (8 * (5 - i)));
    memcpy(id.b + 6, entropy, 10);
    stamp(&id, 7);
    return id;
}

struct uuid uuid_v7_random(int64_t time_us)
{
    uint8_t entropy[10];
    entropy_fill(entropy, sizeof entropy);
    return uuid_v7(time_us, entropy);
}

struct uuid uuid_v4_random(void)
{
    struct uuid id;
    entropy_fill(id.b, sizeof id.b);
    stamp(&id, 4);
    return id;
}

struct uuid uuid_v8(const uint8_t bytes[16])
{
    struct uuid id;
    memcpy(id.b, bytes, sizeof id.b);
    stamp(&id, 8);
    return id;
}

void uuid_format(const struct uuid *id, char out[UUID_TEXT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[id->b[i] >> 4];
        *out++ = digits[id->b[i] & 15];
    }
    *out = '\0';
}

struct text uuid_text(struct arena *arena, const struct uuid *id)
{
    char *p = arena_alloc(arena, UUID_TEXT_BYTES);
    uuid_format(id, p);
    return (struct text){.p = p, .n = UUID_TEXT_BYTES - 1};
}

bool uuid_parse(struct text text, struct uuid *out)
{
    static const struct {
        unsigned at, byte, bytes;
    } groups[] = {{0, 0, 4}, {9, 4, 2}, {14, 6, 2}, {19, 8, 2}, {24, 10, 6}};
    struct uuid id;

    if (text.n != UUID_TEXT_BYTES - 1)
        return false;
    for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (i > 0 && text.p[groups[i].at - 1] != '-')
            return false;
        struct text group = {.p = text.p + groups[i].at, .n = (size_t)groups[i].bytes * 2};
        if (!text_from_hex(group, id.b + groups[i].byte, groups[i].bytes))
            return false;
    }
    *out = id;
    return true;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool uuid_is_nil(const struct uuid *a)
{
    static const struct uuid nil = {{0}};
    return uuid_equal(a, &nil);
}

int uuid_compare(const void *a, const void *b)
{
    return memcmp(((const struct uuid *)a)->b, ((const struct uuid *)b)->b, sizeof(struct uuid));
}
