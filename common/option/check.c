/* option: what each kind of value has to look like. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/option/internal.h"

static const char *check_int(const struct option *option, const char *text, int64_t *number)
{
    if (!text_to_int64(text_of(text), number))
        return "is not a whole number";
    if ((option->least != 0 || option->most != 0) && (*number < option->least || *number > option->most))
        return "is out of range";
    return NULL;
}

static const char *check_bool(const char *text, int64_t *number)
{
    bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    *number = yes;
    return yes || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ? NULL : "is neither true nor false";
}

static const char *check_duration(const char *text, int64_t *number)
{
    struct duration duration;

    if (!duration_parse(text_of(text), &duration))
        return "is no ISO 8601 duration (PT30S, PT5M, P1D)";
    if (duration.months != 0)
        return "has years or months, whose length varies: weeks, days, hours, minutes or seconds are needed";
    *number = duration.days * US_PER_DAY + duration.us;
    return NULL;
}

static bool is_host(struct text host)
{
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
        for (size_t i = 1; i + 1 < host.n; i++)
            if (strchr("0123456789abcdefABCDEF:.", host.p[i]) == NULL)
                return false;
        return true;
    }
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                    c == '-' || c == '_';
        if (!good)
            return false;
    }
    return host.n > 0 && host.n <= 253;
}

static bool is_port(struct text port)
{
    int64_t number;
    return port.n <= 5 && text_to_int64(port, &number) && number >= 1 && number <= 65535 && port.p[0] != '0';
}

static bool is_address(struct text address)
{
    size_t colon = address.n;
    while (colon > 0 && address.p[colon - 1] != ':')
        colon--;
    return colon > 1 && is_host((struct text){address.p, colon - 1}) &&
           is_port((struct text){address.p + colon, address.n - colon});
}

static const char *check_url(const char *text)
{
    static const char wrong[] = "is no http:// or https:// address";
    struct text rest = text_of(text);
    size_t authority = 0;

    if (text_starts(rest, "http://"))
        rest = text_of(text + strlen("http://"));
    else if (text_starts(rest, "https://"))
        rest = text_of(text + strlen("https://"));
    else
        return wrong;
    for (size_t i = 0; i < rest.n; i++)
        if ((unsigned char)rest.p[i] <= ' ' || rest.p[i] == 0x7F || rest.p[i] == '"' || rest.p[i] == '<')
            return wrong;
    authority = strcspn(rest.p, "/?#");
    rest.n = authority;
    return is_host(rest) || is_address(rest) ? NULL : wrong;
}

static const char *check_path(const char *text, bool folder)
{
    struct stat found;

    if (stat(text, &found) != 0)
        return folder ? "names no folder" : "names no file";
    if (folder)
        return S_ISDIR(found.st_mode) ? NULL : "is no folder";
    if (S_ISDIR(found.st_mode))
        return "is a folder, not a file";
    return access(text, R_OK) == 0 ? NULL : "names a file that can't be read";
}

const char *option_check(const struct option *option, const char *text, int64_t *number)
{
    *number = 0;
    switch (option->kind) {
    case OPTION_INT:
        return check_int(option, text, number);
    case OPTION_BOOL:
        return check_bool(text, number);
    case OPTION_DURATION:
        return check_duration(text, number);
    case OPTION_ADDRESS:
        return is_address(text_of(text)) ? NULL : "is no host:port";
    case OPTION_URL:
        return check_url(text);
    case OPTION_FILE:
        return check_path(text, false);
    case OPTION_DIR:
        return check_path(text, true);
    case OPTION_TEXT:
    case OPTION_DSN:
    case OPTION_SECRET:
        break;
    }
    return NULL;
}
