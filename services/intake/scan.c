/* scan: one pass over the bytes. Strings are unescaped, objects are followed as far as their brackets go, and whatever
 * lies between is looked at as text. Nothing is checked: broken input is what this is for. */
#include "services/intake/scan.h"

#include <string.h>

enum { SIDE_MOST = 256, ADDRESS_BYTES_MOST = 320, NAME_BYTES_MOST = 64 };

void scan_begin(struct scan *scan)
{
    scan->addresses_n = scan->records_n = scan->ids_n = scan->depth = 0;
    scan->more = false;
    memset(scan->names, 0, sizeof scan->names);
    memset(scan->systems, 0, sizeof scan->systems);
}

/* ---- addresses ------------------------------------------------------------------------------------------------------ */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           (unsigned char)c >= 0x80;
}

static bool is_local(char c)
{
    return is_plain(c) || c == '_' || c == '+';
}

/* RFC 5322's atext */
static bool is_atext(char c)
{
    return is_local(c) || (c != '\0' && strchr("!#$%&'*/=?^`{|}~", c) != NULL);
}

static size_t run_before(const char *begin, const char *at, bool (*belongs)(char c))
{
    size_t n = 0;

    while (at - n > begin && n < SIDE_MOST && belongs(*(at - n - 1)))
        n++;
    while (n > 0 && *(at - n) == '.')
        n--;
    return n;
}

static size_t run_after(const char *p, const char *end)
{
    size_t n = 0;

    while (p + n < end && n < SIDE_MOST && is_plain(p[n]))
        n++;
    while (n > 0 && (p[n - 1] == '.' || p[n - 1] == '-'))
        n--;
    return n;
}

static void add_address(struct scan *scan, struct text local, struct text domain, struct arena *arena)
{
    char *whole;

    if (local.n + 1 + domain.n > ADDRESS_BYTES_MOST)
        return;
    if (scan->addresses_n == SCAN_MOST) {
        scan->more = true;
        return;
    }
    whole = arena_alloc(arena, local.n + 1 + domain.n);
    memcpy(whole, local.p, local.n);
    whole[local.n] = '@';
    memcpy(whole + local.n + 1, domain.p, domain.n);
    scan->addresses[scan->addresses_n++] = (struct text){whole, local.n + 1 + domain.n};
}

void scan_text(struct scan *scan, struct text text, struct arena *arena)
{
    const char *end;

    if (text.n == 0)
        return;
    end = text.p + text.n;
    for (const char *p = text.p; p < end && !scan->more; p++) {
        size_t sign = *p == '@' ? 1 : end - p > 3 && memcmp(p, "%40", 3) == 0 ? 3 : 0; /* as forms have it */
        size_t domain_n, wide, narrow;
        if (sign == 0)
            continue;
        domain_n = run_after(p + sign, end);
        wide = run_before(text.p, p, is_atext);
        narrow = run_before(text.p, p, is_local);
        if (domain_n == 0)
            continue;
        if (narrow > 0)
            add_address(scan, (struct text){p - narrow, narrow}, (struct text){p + sign, domain_n}, arena);
        if (wide > narrow) /* email=a@b.example: either may be meant */
            add_address(scan, (struct text){p - wide, wide}, (struct text){p + sign, domain_n}, arena);
    }
}

/* ---- strings -------------------------------------------------------------------------------------------------------- */

static int hex_of(const char *p, const char *end)
{
    int value = 0;

    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9'                     ? c - '0'
                    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                             : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Beyond the BMP nothing is an address of anybody's: surrogates come out as they are encoded. */
static char *put_utf8(char *out, int code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | (code >> 6));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xE0 | (code >> 12));
        *out++ = (char)(0x80 | ((code >> 6) & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

static struct text unescape(struct text in, struct arena *arena)
{
    const char *p = in.p, *end = in.p + in.n;
    char *copy = arena_alloc(arena, in.n + 1), *out = copy;

    while (p < end) {
        int code = p[0] == '\\' && end - p > 5 && p[1] == 'u' ? hex_of(p + 2, end) : -1;
        if (code >= 0) {
            out = put_utf8(out, code);
            p += 6;
        } else if (p[0] == '\\' && p + 1 < end) {
            bool blank = strchr("bfnrt", p[1]) != NULL;
            *out++ = blank ? ' ' : p[1];
            p += 2;
        } else {
            *out++ = *p++;
        }
    }
    return (struct text){copy, (size_t)(out - copy)};
}

/* ---- objects -------------------------------------------------------------------------------------------------------- */

static size_t level(const struct scan *s)
{
    return s->depth < SCAN_DEPTH_MOST ? s->depth : SCAN_DEPTH_MOST;
}

static bool names_id(struct text name)
{
    return text_is(name, "id") || text_is(name, "survivor") || text_is(name, "losers");
}

static void take_value(struct scan *s, struct text value)
{
    struct text name = s->names[level(s)];

    if (text_is(name, "system") && value.n <= NAME_BYTES_MOST)
        s->systems[level(s)] = value;
    if (!names_id(name) || value.n == 0 || value.n > SIDE_MOST)
        return;
    if (s->ids_n == SCAN_MOST)
        s->more = true;
    else
        s->ids[s->ids_n++] = (struct scan_id){.depth = s->depth, .id = value};
}

/* An object ends: its ids are records of its system. */
static void leave(struct scan *s)
{
    struct text system = s->systems[level(s)];

    for (; s->ids_n > 0 && s->ids[s->ids_n - 1].depth >= s->depth; s->ids_n--) {
        if (system.p == NULL)
            continue;
        if (s->records_n == SCAN_MOST)
            s->more = true;
        else
            s->records[s->records_n++] = (struct record_ref){.system = system, .id = s->ids[s->ids_n - 1].id};
    }
    s->names[level(s)] = s->systems[level(s)] = TEXT_NONE;
    s->depth -= s->depth > 0;
}

/* A reader's place in the bytes. */
struct place {
    const char *p, *end;
    struct arena *arena;
};

static void read_string(struct scan *s, struct place *at)
{
    const char *begin = ++at->p, *after;
    struct text value;

    while (at->p < at->end && *at->p != '"')
        at->p += *at->p == '\\' && at->p + 1 < at->end ? 2 : 1;
    value = (struct text){begin, (size_t)(at->p - begin)};
    at->p += at->p < at->end;
    if (memchr(value.p, '\\', value.n) != NULL)
        value = unescape(value, at->arena);
    scan_text(s, value, at->arena);
    for (after = at->p; after < at->end && (*after == ' ' || *after == '\t' || *after == '\r' || *after == '\n');)
        after++;
    if (after < at->end && *after == ':')
        s->names[level(s)] = value;
    else
        take_value(s, value);
}

static bool is_mark(char c)
{
    return c == '"' || c == '{' || c == '}';
}

/* Numbers (an id may have come as one), literals, and what is no JSON at all. */
static void read_between(struct scan *s, struct place *at)
{
    const char *begin = at->p;

    while (at->p < at->end && !is_mark(*at->p))
        at->p++;
    scan_text(s, (struct text){begin, (size_t)(at->p - begin)}, at->arena);
    for (const char *p = begin; p < at->p;) {
        const char *word = p;
        while (p < at->p && is_local(*p))
            p++;
        if (p > word)
            take_value(s, (struct text){word, (size_t)(p - word)});
        p += p == word;
    }
}

void scan_json(struct scan *scan, struct text raw, struct arena *arena)
{
    struct place at = {.arena = arena};

    if (raw.n == 0)
        return;
    at.p = raw.p;
    at.end = raw.p + raw.n;
    while (at.p < at.end) {
        if (*at.p == '"') {
            read_string(scan, &at);
        } else if (!is_mark(*at.p)) {
            read_between(scan, &at);
        } else {
            if (*at.p == '{')
                scan->depth++;
            else
                leave(scan);
            at.p++;
        }
    }
    while (scan->depth > 0 || scan->ids_n > 0)
        leave(scan);
}
