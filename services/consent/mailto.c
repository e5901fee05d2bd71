/* mailto: reading a mail's header, line by line. */
#include "services/consent/mailto.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_token_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool begins(struct text line, const char *name)
{
    size_t n = strlen(name);

    return line.n >= n && strncasecmp(line.p, name, n) == 0;
}

static struct text next_line(struct text *rest)
{
    const char *end = memchr(rest->p, '\n', rest->n);
    size_t n = end != NULL ? (size_t)(end - rest->p) : rest->n;
    struct text line = {.p = rest->p, .n = n};

    rest->p += end != NULL ? n + 1 : n;
    rest->n -= end != NULL ? n + 1 : n;
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

static size_t add_words(struct text line, struct text words[MAILTO_WORDS_MOST], size_t n)
{
    for (size_t from = 0; from < line.n;) {
        size_t to = from;

        while (to < line.n && is_token_letter(line.p[to]))
            to++;
        if (to - from == MAILTO_TOKEN_BYTES && n < MAILTO_WORDS_MOST) {
            words[n] = (struct text){.p = line.p + from, .n = to - from};
            n++;
        }
        from = to + 1;
    }
    return n;
}

size_t mailto_words(struct text mail, struct text words[MAILTO_WORDS_MOST])
{
    bool wanted = false;
    size_t n = 0;

    if (mail.n > MAILTO_HEADER_BYTES)
        mail.n = MAILTO_HEADER_BYTES;
    while (mail.n > 0) {
        struct text line = next_line(&mail);

        if (line.n == 0)
            break; /* the body begins */
        if (line.p[0] != ' ' && line.p[0] != '\t')
            wanted = begins(line, "subject:") || begins(line, "to:");
        if (wanted)
            n = add_words(line, words, n);
    }
    return n;
}
