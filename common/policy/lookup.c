/* policy/lookup: what the hot path asks. Few names are walked, many are searched by halves. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/policy/internal.h"

enum { WALKED = 8 };

/* The table's name against a view, as strcmp would; the view may hold anything. */
static int compare_name(const char *name, struct text text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char a = (unsigned char)name[i], b = (unsigned char)text.p[i];
        if (a != b || a == '\0')
            return a < b || a == '\0' ? -1 : 1;
    }
    return name[text.n] != '\0';
}

/* Every table's struct begins with its name. */
static const char *name_at(const void *table, size_t bytes, size_t i)
{
    const char *name;
    memcpy(&name, (const unsigned char *)table + i * bytes, sizeof name);
    return name;
}

static const void *find(const void *table, size_t n, size_t bytes, struct text name)
{
    size_t low = 0, high = n;

    if (n <= WALKED) {
        for (size_t i = 0; i < n; i++)
            if (compare_name(name_at(table, bytes, i), name) == 0)
                return (const unsigned char *)table + i * bytes;
        return NULL;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_name(name_at(table, bytes, middle), name);
        if (order == 0)
            return (const unsigned char *)table + middle * bytes;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

_Static_assert(offsetof(struct policy_category, name) == 0 && offsetof(struct policy_field, name) == 0 &&
                   offsetof(struct policy_source, system) == 0 && offsetof(struct policy_purpose, name) == 0,
               "the name comes first");

const struct policy_category *policy_category(const struct policy *policy, struct text name)
{
    return find(policy->categories, policy->categories_n, sizeof *policy->categories, name);
}

const struct policy_field *policy_field(const struct policy_category *category, struct text name)
{
    return find(category->fields, category->fields_n, sizeof *category->fields, name);
}

const struct policy_source *policy_source(const struct policy *policy, struct text system)
{
    return find(policy->sources, policy->sources_n, sizeof *policy->sources, system);
}

const struct policy_purpose *policy_purpose(const struct policy *policy, struct text name)
{
    return find(policy->purposes, policy->purposes_n, sizeof *policy->purposes, name);
}

/* ---- statements ------------------------------------------------------------------------------------------------------ */
static bool same_language(const char *tag, struct text language)
{
    return tag != NULL && strlen(tag) == language.n &&
           (language.n == 0 || strncasecmp(tag, language.p, language.n) == 0);
}

static const struct policy_statement *statement_in(const struct policy_purpose *purpose, int64_t version,
                                                   struct text language)
{
    for (size_t i = 0; i < purpose->statements_n; i++)
        if (purpose->statements[i].version == version && same_language(purpose->statements[i].language, language))
            return &purpose->statements[i];
    return NULL;
}

const struct policy_statement *policy_statement(const struct policy *policy, const struct policy_purpose *purpose,
                                                int64_t version, struct text language)
{
    if (version == 0)
        for (size_t i = 0; i < purpose->statements_n; i++)
            version = purpose->statements[i].version > version ? purpose->statements[i].version : version;
    while (language.n > 0) {
        const struct policy_statement *found = statement_in(purpose, version, language);
        if (found != NULL)
            return found;
        while (language.n > 0 && language.p[language.n - 1] != '-') /* RFC 4647, lookup: the tag gets shorter */
            language.n--;
        language.n -= language.n > 0;
    }
    return statement_in(purpose, version, text_of(policy->default_language));
}

bool policy_own_domain(const struct policy *policy, struct text email_domain)
{
    for (const char *const *domain = policy->own_domains; domain != NULL && *domain != NULL; domain++)
        if (text_is(email_domain, *domain))
            return true;
    return false;
}

/* ---- order ----------------------------------------------------------------------------------------------------------- */
static int by_name(const void *a, const void *b)
{
    return strcmp(name_at(a, 0, 0), name_at(b, 0, 0));
}

/* The arrays lie in the policy's own arena and nobody else has seen them yet. */
static void sort(const void *table, size_t n, size_t bytes)
{
    void *own;
    memcpy(&own, &table, sizeof own);
    if (n > 1)
        qsort(own, n, bytes, by_name);
}

void policy_sort(struct policy *policy)
{
    for (size_t i = 0; i < policy->categories_n; i++)
        sort(policy->categories[i].fields, policy->categories[i].fields_n, sizeof *policy->categories[i].fields);
    sort(policy->categories, policy->categories_n, sizeof *policy->categories);
    sort(policy->sources, policy->sources_n, sizeof *policy->sources);
    sort(policy->purposes, policy->purposes_n, sizeof *policy->purposes);
}
