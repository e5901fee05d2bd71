/* tokens: a small table of hashes, and what the bearer may speak for. */
#include "services/intake/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/contact.h"
#include "services/intake/decide.h"

enum { TOKENS_MOST = 1000, FILE_MOST = 256 * 1024, HEX_DIGITS = 64, TOKEN_BYTES_MOST = 512, SYSTEM_BYTES_MOST = 64 };

struct token {
    char source[SYSTEM_BYTES_MOST + 1];
    uint8_t hash[HEX_DIGITS / 2];
};
struct tokens {
    size_t n;
    struct token items[TOKENS_MOST];
};

/* ---- the file ------------------------------------------------------------------------------------------------------- */

static struct text trimmed(struct text t)
{
    while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t'))
        t.p++, t.n--;
    while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t' || t.p[t.n - 1] == '\r'))
        t.n--;
    return t;
}

static bool read_hex(struct text hex, uint8_t out[HEX_DIGITS / 2])
{
    static const char digits[] = "0123456789abcdef";

    if (hex.n != HEX_DIGITS)
        return false;
    for (size_t i = 0; i < HEX_DIGITS; i++) {
        const char *digit = strchr(digits, hex.p[i] | 0x20);
        if (digit == NULL)
            return false;
        out[i / 2] = (uint8_t)(out[i / 2] << 4 | (digit - digits));
    }
    return true;
}

static bool read_line(struct text line, struct token *out)
{
    const char *colon = memchr(line.p, ':', line.n);
    struct text source, hash;

    if (colon == NULL)
        return false;
    source = trimmed((struct text){line.p, (size_t)(colon - line.p)});
    hash = trimmed((struct text){colon + 1, line.n - (size_t)(colon - line.p) - 1});
    if (source.n == 0 || source.n > SYSTEM_BYTES_MOST)
        return false;
    memcpy(out->source, source.p, source.n);
    return read_hex(hash, out->hash);
}

static enum outcome read_lines(struct text file, struct tokens *tokens, struct error *err)
{
    for (int number = 1; file.n > 0; number++) {
        const char *end = memchr(file.p, '\n', file.n);
        size_t n = end != NULL ? (size_t)(end - file.p) : file.n;
        struct text line = trimmed((struct text){file.p, n});
        file.p += n + (end != NULL);
        file.n -= n + (end != NULL);
        if (line.n == 0 || line.p[0] == '#')
            continue;
        if (tokens->n == TOKENS_MOST || !read_line(line, &tokens->items[tokens->n]))
            return error_refuse(err, "", "configuration", "event tokens, line %d: not `source: 64 hex digits`", number);
        tokens->n++;
    }
    return tokens->n > 0 ? DONE : error_refuse(err, "", "configuration", "the file of event tokens names none");
}

enum outcome tokens_read(struct text file, struct tokens **out, struct error *err)
{
    struct tokens *tokens = calloc(1, sizeof *tokens);

    ENSURE(tokens != NULL);
    if (read_lines(file, tokens, err) != DONE) {
        free(tokens);
        return REFUSED;
    }
    *out = tokens;
    return DONE;
}

enum outcome tokens_read_file(const char *path, struct tokens **out, struct error *err)
{
    FILE *file = fopen(path, "re");
    char *bytes = malloc(FILE_MOST);
    enum outcome outcome;
    size_t n;

    ENSURE(bytes != NULL);
    n = file != NULL ? fread(bytes, 1, FILE_MOST, file) : 0;
    if (file == NULL || ferror(file) != 0 || n == FILE_MOST)
        outcome = error_refuse(err, "", "configuration", "the file of event tokens can't be read, or is too long");
    else
        outcome = tokens_read((struct text){bytes, n}, out, err);
    if (file != NULL)
        (void)fclose(file);
    free(bytes);
    return outcome;
}

void tokens_free(struct tokens *tokens)
{
    free(tokens);
}

/* ---- who asks ------------------------------------------------------------------------------------------------------- */

struct text tokens_source(const struct tokens *tokens, struct text authorization)
{
    struct text found = TEXT_NONE;
    uint8_t hash[HEX_DIGITS / 2];

    if (!text_starts(authorization, "Bearer ") || authorization.n <= 7 || authorization.n > 7 + TOKEN_BYTES_MOST)
        return found;
    crypto_digest(authorization.p + 7, authorization.n - 7, hash);
    for (size_t i = 0; i < tokens->n; i++) /* all of them: the time tells nothing */
        if (crypto_equal(hash, tokens->items[i].hash, sizeof hash))
            found = text_of(tokens->items[i].source);
    return found;
}

static struct text system_of(const struct event_type *type, const void *data, const char **pointer)
{
    *pointer = "/data/record/system";
    if (type == &contact_recorded_event)
        return ((const struct contact_recorded *)data)->record.system;
    if (type == &contact_removed_event)
        return ((const struct contact_removed *)data)->record.system;
    *pointer = "/data/activity/system";
    if (type == &activity_recorded_event)
        return ((const struct activity_recorded *)data)->activity.system;
    *pointer = "/data/system";
    return type == &contact_merged_event ? ((const struct contact_merged *)data)->system : TEXT_NONE;
}

enum outcome tokens_admit(struct text source, const struct event_meta *meta, const struct event_type *type,
                          const void *data, struct error *err)
{
    const char *pointer;
    struct text system = system_of(type, data, &pointer);

    if (!text_equal(meta->source, source) && !text_equal(decide_source_name(meta->source), source))
        return error_refuse(err, "/source", "token", "the token is another source's");
    if (system.p != NULL && !text_equal(system, source))
        return error_refuse(err, pointer, "token", "the token is another system's");
    return DONE;
}
