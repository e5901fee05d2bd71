/* ledger/line: one line of the ledger, made and read. */
#include "common/ledger/line.h"

#include <string.h>

#include "common/crypto/crypto.h"

enum { HEX = 2 * LEDGER_HASH_BYTES };

/* The hash of a line: its own first 64 characters stand for the former line's. */
static void chain(char *line, size_t n, const uint8_t before[LEDGER_HASH_BYTES], uint8_t out[LEDGER_HASH_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    char own[HEX];

    memcpy(own, line, HEX);
    for (size_t i = 0; i < LEDGER_HASH_BYTES; i++) {
        line[2 * i] = digits[before[i] >> 4];
        line[2 * i + 1] = digits[before[i] & 15];
    }
    crypto_digest(line, n, out);
    memcpy(line, own, HEX);
}

struct text ledger_line(const struct ledger_entry *entry, const struct ledger_mark *before, struct arena *arena)
{
    char id[UUID_TEXT_BYTES];
    uint8_t hash[LEDGER_HASH_BYTES];
    struct text hex, rest;
    char *line;

    uuid_format(&entry->id, id);
    rest = text_format(arena, " %lld %lld %s %.*s %.*s", (long long)entry->number, (long long)entry->at_us, id,
                       TEXT_ARGS(entry->type), TEXT_ARGS(entry->data));
    line = arena_alloc(arena, HEX + rest.n + 1);
    memset(line, '0', HEX);
    memcpy(line + HEX, rest.p, rest.n);
    line[HEX + rest.n] = '\0';
    chain(line, HEX + rest.n, before->hash, hash);
    hex = text_hex(arena, hash, sizeof(hash));
    memcpy(line, hex.p, HEX);
    return (struct text){.p = line, .n = HEX + rest.n};
}

/* Takes the text before the next space out of *rest. */
static bool take_word(struct text *rest, struct text *word)
{
    const char *space = rest->n > 0 ? memchr(rest->p, ' ', rest->n) : NULL;

    if (space == NULL)
        return false;
    *word = (struct text){.p = rest->p, .n = (size_t)(space - rest->p)};
    rest->p = space + 1;
    rest->n -= word->n + 1;
    return true;
}

bool line_parse(struct text line, struct ledger_entry *entry, uint8_t hash[LEDGER_HASH_BYTES])
{
    struct text hex, number, at, id, rest = line;

    return take_word(&rest, &hex) && text_from_hex(hex, hash, LEDGER_HASH_BYTES) && take_word(&rest, &number) &&
           text_to_int64(number, &entry->number) && take_word(&rest, &at) && text_to_int64(at, &entry->at_us) &&
           take_word(&rest, &id) && uuid_parse(id, &entry->id) && take_word(&rest, &entry->type) &&
           (entry->data = rest).n > 0;
}

bool line_follows(char *line, size_t n, const struct ledger_mark *before, const struct ledger_entry *entry,
                  const uint8_t hash[LEDGER_HASH_BYTES])
{
    uint8_t should[LEDGER_HASH_BYTES];

    chain(line, n, before->hash, should);
    return entry->number == before->number + 1 && memcmp(should, hash, sizeof(should)) == 0;
}

enum outcome ledger_read_line(struct text line, const struct ledger_mark *before, struct arena *arena,
                              struct ledger_entry *entry, struct error *err)
{
    uint8_t hash[LEDGER_HASH_BYTES];
    char *own = text_cstr(arena, line);

    if (!line_parse((struct text){.p = own, .n = line.n}, entry, hash))
        return error_refuse(err, "/line", "ledger", "this is no line of a ledger");
    if (!line_follows(own, line.n, before, entry, hash))
        return error_refuse(err, "/line", "ledger", "line %lld doesn't follow line %lld", (long long)entry->number,
                            (long long)before->number);
    return DONE;
}
