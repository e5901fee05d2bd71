/* email: the delivery form (what mail goes to), the wide form (what refusals reach), and role mailboxes. */
#include "common/normal/normal.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucasemap.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

enum { EMAIL_MOST = 254, LOCAL_MOST = 64, LABEL_MOST = 63 };

/* RFC 5321 atoms; quoted local parts are refused: no provider hands them out, and they hide spaces and ats. */
static bool local_char_ok(unsigned char c)
{
    return c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

static bool local_ok(struct text local)
{
    if (local.n == 0 || local.n > LOCAL_MOST || local.p[0] == '.' || local.p[local.n - 1] == '.')
        return false;
    for (size_t i = 0; i < local.n; i++)
        if (!local_char_ok((unsigned char)local.p[i]) || (local.p[i] == '.' && local.p[i - 1] == '.'))
            return false;
    return true;
}

static bool domain_ok(struct text domain)
{
    size_t label = 0, labels = 1;

    if (domain.n < 3 || domain.n > 253)
        return false;
    for (size_t i = 0; i < domain.n; i++) {
        char c = domain.p[i];
        if (c == '.') {
            if (label == 0 || label > LABEL_MOST || domain.p[i - 1] == '-')
                return false;
            label = 0;
            labels++;
            continue;
        }
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && label > 0)))
            return false;
        label++;
    }
    return labels >= 2 && label >= 2 && label <= LABEL_MOST && domain.p[domain.n - 1] != '-';
}

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= 0x80)
            return false;
    return true;
}

static struct text lower_ascii(struct text text, struct arena *arena)
{
    char *out = arena_alloc(arena, text.n + 1);

    for (size_t i = 0; i < text.n; i++)
        out[i] = (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] + 32 : text.p[i]);
    return (struct text){.p = out, .n = text.n};
}

/* Spaces, controls and invisible characters come with copying and pasting; they make no mailbox. */
static bool visible(const UChar *text, int32_t n)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar32 points[EMAIL_MOST * 2];

    u_strToUTF32(points, EMAIL_MOST * 2, &n, text, n, &status);
    if (U_FAILURE(status))
        return false;
    for (int32_t i = 0; i < n; i++) {
        uint32_t type = U_MASK(u_charType(points[i]));
        if ((type & (U_GC_C_MASK | U_GC_Z_MASK)) != 0)
            return false;
    }
    return true;
}

/* NFC and lower case by ICU, for local parts of RFC 6531. */
static bool lower_unicode(struct text text, struct arena *arena, struct text *out)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&status);
    UChar wide[EMAIL_MOST + 2], folded[EMAIL_MOST * 2], normal[EMAIL_MOST * 2];
    char utf8[EMAIL_MOST * 4];
    int32_t n, bytes = 0;

    u_strFromUTF8(wide, EMAIL_MOST + 2, &n, text.p, (int32_t)text.n, &status);
    n = u_strToLower(folded, EMAIL_MOST * 2, wide, n, "", &status);
    n = unorm2_normalize(nfc, folded, n, normal, EMAIL_MOST * 2, &status);
    u_strToUTF8(utf8, (int32_t)sizeof(utf8), &bytes, normal, n, &status);
    if (U_FAILURE(status) || !visible(normal, n))
        return false;
    *out = text_copy(arena, (struct text){.p = utf8, .n = (size_t)bytes});
    return true;
}

static bool domain_to_ascii(struct text domain, struct arena *arena, struct text *out)
{
    char *ascii = NULL;
    bool good = idn2_lookup_u8((const uint8_t *)text_cstr(arena, domain), (uint8_t **)(void *)&ascii,
                               IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK;

    if (good)
        *out = lower_ascii(text_of(ascii), arena);
    idn2_free(ascii);
    return good;
}

bool normal_email(struct text in, struct arena *arena, struct text *out)
{
    struct text trimmed = text_trim(in), local, domain;
    const char *at;
    char *joined;

    if (trimmed.n < 6 || trimmed.n > EMAIL_MOST || (at = memrchr(trimmed.p, '@', trimmed.n)) == NULL)
        return false;
    local = (struct text){.p = trimmed.p, .n = (size_t)(at - trimmed.p)};
    domain = (struct text){.p = at + 1, .n = trimmed.n - local.n - 1};
    if (!local_ok(local))
        return false;
    if (is_ascii(local))
        local = lower_ascii(local, arena);
    else if (!lower_unicode(local, arena, &local) || !local_ok(local)) /* U+037E becomes a semicolon */
        return false;
    if (is_ascii(domain))
        domain = lower_ascii(domain, arena);
    else if (!domain_to_ascii(domain, arena, &domain))
        return false;
    if (!domain_ok(domain))
        return false;
    joined = arena_alloc(arena, local.n + domain.n + 2);
    memcpy(joined, local.p, local.n);
    joined[local.n] = '@';
    memcpy(joined + local.n + 1, domain.p, domain.n);
    *out = (struct text){.p = joined, .n = local.n + 1 + domain.n};
    return true;
}

struct text normal_email_domain(struct text email)
{
    const char *at = email.n == 0 ? NULL : memrchr(email.p, '@', email.n);

    if (at == NULL)
        return TEXT_NONE;
    return (struct text){.p = at + 1, .n = email.n - (size_t)(at + 1 - email.p)};
}

/* Providers whose mailboxes ignore some characters, or what follows a tag's (their own help pages say so); domains of
 * one mailbox share the canonical one. */
static const struct provider {
    const char *domain, *canonical, *ignored;
    char tag;
} providers[] = {
    {"gmail.com", "gmail.com", ".", '+'},
    {"googlemail.com", "gmail.com", ".", '+'},
    {"outlook.com", "outlook.com", "", '+'},
    {"outlook.de", "outlook.de", "", '+'},
    {"outlook.fr", "outlook.fr", "", '+'},
    {"hotmail.com", "hotmail.com", "", '+'},
    {"hotmail.de", "hotmail.de", "", '+'},
    {"hotmail.fr", "hotmail.fr", "", '+'},
    {"hotmail.co.uk", "hotmail.co.uk", "", '+'},
    {"live.com", "live.com", "", '+'},
    {"live.de", "live.de", "", '+'},
    {"msn.com", "msn.com", "", '+'},
    {"icloud.com", "icloud.com", "", '+'},
    {"me.com", "icloud.com", "", '+'},
    {"mac.com", "icloud.com", "", '+'},
    {"proton.me", "proton.me", "._-", '+'},
    {"protonmail.com", "proton.me", "._-", '+'},
    {"protonmail.ch", "proton.me", "._-", '+'},
    {"pm.me", "proton.me", "._-", '+'},
    {"fastmail.com", "fastmail.com", "", '+'},
    {"fastmail.fm", "fastmail.fm", "", '+'},
    {"posteo.de", "posteo.de", "", '+'},
    {"mailbox.org", "mailbox.org", "", '+'},
    {"yahoo.com", "yahoo.com", "", '-'},
    {"yahoo.de", "yahoo.de", "", '-'},
    {"yahoo.fr", "yahoo.fr", "", '-'},
    {"yahoo.it", "yahoo.it", "", '-'},
    {"yahoo.es", "yahoo.es", "", '-'},
    {"yahoo.co.uk", "yahoo.co.uk", "", '-'},
    {"ymail.com", "ymail.com", "", '-'},
    {"yandex.com", "yandex.com", "", '+'},
    {"yandex.ru", "yandex.com", "", '+'},
    {"ya.ru", "yandex.com", "", '+'},
    {"zoho.com", "zoho.com", "", '+'},
};

static const struct provider *find_provider(struct text domain)
{
    for (size_t i = 0; i < sizeof(providers) / sizeof(providers[0]); i++)
        if (text_is(domain, providers[i].domain))
            return &providers[i];
    return NULL;
}

bool normal_email_wide(struct text email, struct arena *arena, struct text *out)
{
    struct text domain = normal_email_domain(email);
    const struct provider *provider;
    size_t local_n, n = 0, domain_n;
    char *wide;

    if (domain.p == NULL)
        return false;
    provider = find_provider(domain);
    if (provider == NULL) {
        *out = text_copy(arena, email);
        return true;
    }
    local_n = email.n - domain.n - 1;
    domain_n = strlen(provider->canonical);
    wide = arena_alloc(arena, local_n + domain_n + 2);
    for (size_t i = 0; i < local_n && !(i > 0 && email.p[i] == provider->tag); i++)
        if (strchr(provider->ignored, email.p[i]) == NULL)
            wide[n++] = email.p[i];
    if (n == 0) { /* nothing but what is ignored: no such mailbox, but no other one either */
        *out = text_copy(arena, email);
        return true;
    }
    wide[n++] = '@';
    memcpy(wide + n, provider->canonical, domain_n);
    *out = (struct text){.p = wide, .n = n + domain_n};
    return true;
}

/* RFC 2142's names and what companies call their shared mailboxes in the languages we write; sorted. */
static const char *const roles[] = {
    "abuse",
    "accounting",
    "accounts",
    "admin",
    "administration",
    "administrator",
    "anfrage",
    "auskunft",
    "bestellung",
    "billing",
    "buchhaltung",
    "buero",
    "bureau",
    "careers",
    "comercial",
    "compta",
    "contact",
    "contacto",
    "customerservice",
    "datenschutz",
    "dpo",
    "einkauf",
    "empfang",
    "enquiries",
    "finance",
    "ftp",
    "hallo",
    "hello",
    "help",
    "helpdesk",
    "hostmaster",
    "hr",
    "impressum",
    "info",
    "inquiries",
    "it",
    "jobs",
    "kontakt",
    "kundenservice",
    "legal",
    "mail",
    "mailer-daemon",
    "marketing",
    "media",
    "news",
    "newsletter",
    "no-reply",
    "noc",
    "noreply",
    "office",
    "orders",
    "personal",
    "post",
    "postmaster",
    "praxis",
    "press",
    "presse",
    "privacy",
    "rechnung",
    "reception",
    "root",
    "sales",
    "sekretariat",
    "security",
    "service",
    "shop",
    "spam",
    "support",
    "team",
    "usenet",
    "ventas",
    "verwaltung",
    "vertrieb",
    "web",
    "webmaster",
    "welcome",
    "www",
    "zentrale",
};

bool normal_email_is_role(struct text email)
{
    struct text domain = normal_email_domain(email);
    struct text local = {.p = email.p, .n = domain.p == NULL ? 0 : email.n - domain.n - 1};
    const char *tag = local.n == 0 ? NULL : memchr(local.p, '+', local.n);

    if (tag != NULL)
        local.n = (size_t)(tag - local.p);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (text_is(local, roles[i]))
            return true;
    return false;
}
