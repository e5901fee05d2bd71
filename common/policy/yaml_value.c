/* policy/yaml_value: one value each: scalars, lists, maps and structs by their tables. */
#include "common/policy/yaml_value.h"

#include <string.h>

#include "common/error/error.h"

enum { LINE_MOST = 256, ITEMS_MOST = 1000 };

static void *member_at(void *item, size_t offset)
{
    return (unsigned char *)item + offset;
}

/* ---- the path -------------------------------------------------------------------------------------------------------- */
static size_t path_push(struct yaml_in *in, struct text key)
{
    size_t n = in->path.n;
    buf_char(&in->path, '/');
    for (size_t i = 0; i < key.n && i < 100; i++) { /* RFC 6901 */
        if (key.p[i] == '~')
            buf_str(&in->path, "~0");
        else if (key.p[i] == '/')
            buf_str(&in->path, "~1");
        else
            buf_char(&in->path, (unsigned char)key.p[i] < ' ' ? '?' : key.p[i]);
    }
    return n;
}

static size_t path_push_index(struct yaml_in *in, size_t i)
{
    size_t n = in->path.n;
    buf_printf(&in->path, "/%zu", i);
    return n;
}

static void path_pop(struct yaml_in *in, size_t n)
{
    in->path.n = n;
    in->path.failed = false;
}

/* ---- scalars --------------------------------------------------------------------------------------------------------- */
static bool is_plain(const yaml_node_t *node)
{
    return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_null(const yaml_node_t *node)
{
    struct text text = yaml_scalar(node);
    return is_plain(node) && (text.n == 0 || text_is(text, "~") || text_is(text, "null"));
}

/* A text that is there, within its bounds and without control characters; NULL after a mistake. */
static const char *read_line(struct yaml_in *in, const struct yaml_member *member, const yaml_node_t *node, bool lines)
{
    int64_t most = member->most > 0 ? member->most : LINE_MOST;
    struct text text = yaml_scalar(node);

    if (node == NULL || node->type != YAML_SCALAR_NODE) {
        yaml_mistake(in, node, "", "a text belongs here");
        return NULL;
    }
    if (is_null(node) || text_trim(text).n == 0) {
        yaml_mistake(in, node, "", "is empty");
        return NULL;
    }
    if ((int64_t)text.n > most) {
        yaml_mistake(in, node, "", "is longer than %lld bytes", (long long)most);
        return NULL;
    }
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c == 0x7F || (c < ' ' && !(lines && (c == '\n' || c == '\t')))) {
            yaml_mistake(in, node, "", lines ? "has control characters" : "must stand on one line");
            return NULL;
        }
    }
    const char *wrong = member->rule != NULL ? member->rule(text) : NULL;
    if (wrong != NULL) {
        yaml_mistake(in, node, "", "%s", wrong);
        return NULL;
    }
    return text_cstr(in->arena, text);
}

static void read_bool(struct yaml_in *in, bool *out, const yaml_node_t *node)
{
    struct text text = yaml_scalar(node);
    if (text.p != NULL && is_plain(node) && (text_is(text, "true") || text_is(text, "false")))
        *out = text_is(text, "true");
    else
        yaml_mistake(in, node, "", "is neither true nor false");
}

static void read_int(struct yaml_in *in, const struct yaml_member *member, int64_t *out, const yaml_node_t *node)
{
    struct text text = yaml_scalar(node);
    int64_t value;
    if (text.p == NULL || !is_plain(node) || !text_to_int64(text, &value))
        yaml_mistake(in, node, "", "is not a whole number");
    else if (value < member->least || value > member->most)
        yaml_mistake(in, node, "", "must lie in %lld to %lld", (long long)member->least, (long long)member->most);
    else
        *out = value;
}

static void read_duration(struct yaml_in *in, struct duration *out, const yaml_node_t *node)
{
    if (!duration_parse(yaml_scalar(node), out))
        yaml_mistake(in, node, "", "is no ISO 8601 duration (P24M, P30D, PT12H)");
}

static void read_choice(struct yaml_in *in, const struct yaml_member *member, void *out, const yaml_node_t *node)
{
    struct text text = yaml_scalar(node);
    char choices[160] = "";
    size_t n = 0;

    for (int i = 0; member->names[i] != NULL; i++) {
        if (text.p != NULL && text_is(text, member->names[i])) {
            memcpy(out, &i, sizeof i); /* enums here are as wide as int */
            return;
        }
        size_t more = strlen(member->names[i]);
        if (n + more + 3 < sizeof choices) {
            memcpy(choices + n, i > 0 ? ", " : "", i > 0 ? 2 : 0);
            n += i > 0 ? 2 : 0;
            memcpy(choices + n, member->names[i], more + 1);
            n += more;
        }
    }
    yaml_mistake(in, node, "", "is none of %s", choices);
}

/* ---- lists, maps, structs -------------------------------------------------------------------------------------------- */
static size_t sequence_length(const yaml_node_t *node)
{
    return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
}

static bool is_sequence(struct yaml_in *in, const yaml_node_t *node)
{
    if (node == NULL || node->type != YAML_SEQUENCE_NODE) {
        yaml_mistake(in, node, "", "a list belongs here");
        return false;
    }
    if (sequence_length(node) <= ITEMS_MOST)
        return true;
    yaml_mistake(in, node, "", "has more than %d items", ITEMS_MOST);
    return false;
}

static bool is_mapping(struct yaml_in *in, const yaml_node_t *node)
{
    if (node != NULL && node->type == YAML_MAPPING_NODE)
        return true;
    yaml_mistake(in, node, "", "a mapping (key: value) belongs here");
    return false;
}

static void read_names(struct yaml_in *in, const struct yaml_member *member, const char *const **out, yaml_node_t *node)
{
    if (!is_sequence(in, node))
        return;
    size_t n = sequence_length(node), kept = 0;
    const char **names = ARENA_ARRAY(in->arena, n + 1, const char *);
    for (size_t i = 0; i < n && yaml_visit(in, node); i++) {
        size_t path = path_push_index(in, i);
        yaml_node_t *item = yaml_item(in, node, i);
        const char *name = read_line(in, member, item, false);
        for (size_t j = 0; name != NULL && j < kept; j++)
            if (strcmp(names[j], name) == 0)
                yaml_mistake(in, item, "", "stands here twice");
        if (name != NULL)
            names[kept++] = name;
        path_pop(in, path);
    }
    *out = names;
}

static void array_set(const struct yaml_member *member, void *item, void *array, size_t n)
{
    memcpy(member_at(item, member->at), &array, sizeof array);
    memcpy(member_at(item, member->count_at), &n, sizeof n);
}

static void read_list(struct yaml_in *in, const struct yaml_member *member, void *item, yaml_node_t *node)
{
    const struct yaml_shape *shape = member->shape;
    if (!is_sequence(in, node))
        return;
    size_t n = sequence_length(node);
    unsigned char *array = arena_array(in->arena, n, shape->bytes);
    array_set(member, item, array, n);
    for (size_t i = 0; i < n && yaml_visit(in, node); i++) {
        size_t path = path_push_index(in, i);
        yaml_read_struct(in, shape, array + i * shape->bytes, yaml_item(in, node, i));
        path_pop(in, path);
    }
}

static void read_map(struct yaml_in *in, const struct yaml_member *member, void *item, yaml_node_t *node)
{
    const struct yaml_shape *shape = member->shape;
    if (!is_mapping(in, node))
        return;
    struct yaml_pairs pairs = yaml_pairs_of(in, node);
    if (pairs.n > ITEMS_MOST) {
        yaml_mistake(in, node, "", "has more than %d entries", ITEMS_MOST);
        return;
    }
    unsigned char *array = arena_array(in->arena, pairs.n, shape->bytes);
    array_set(member, item, array, pairs.n);
    for (size_t i = 0; i < pairs.n && yaml_visit(in, node); i++) {
        size_t path = path_push(in, pairs.items[i].key);
        struct yaml_member name = {.rule = member->rule, .most = 64};
        const char *key = read_line(in, &name, pairs.items[i].key_node, false);
        yaml_read_struct(in, shape, array + i * shape->bytes, pairs.items[i].value);
        memcpy(array + i * shape->bytes + shape->name_at, &key, sizeof key);
        path_pop(in, path);
    }
}

static void read_value(struct yaml_in *in, const struct yaml_member *member, void *item, yaml_node_t *node)
{
    void *out = member_at(item, member->at);
    const char *line;

    switch (member->kind) {
    case Y_LINE:
    case Y_TEXT:
        line = read_line(in, member, node, member->kind == Y_TEXT);
        memcpy(out, &line, sizeof line);
        break;
    case Y_BOOL:
        read_bool(in, out, node);
        break;
    case Y_INT:
        read_int(in, member, out, node);
        break;
    case Y_DURATION:
        read_duration(in, out, node);
        break;
    case Y_CHOICE:
        read_choice(in, member, out, node);
        break;
    case Y_NAMES:
        read_names(in, member, out, node);
        break;
    case Y_LIST:
        read_list(in, member, item, node);
        break;
    case Y_MAP:
        read_map(in, member, item, node);
        break;
    case Y_PART:
        yaml_read_struct(in, member->shape, item, node);
        break;
    case Y_ANYTHING:
        break;
    }
}

static void read_members(struct yaml_in *in, const struct yaml_shape *shape, void *item, yaml_node_t *node)
{
    struct yaml_pairs pairs = yaml_pairs_of(in, node);
    bool present[32] = {false};

    ENSURE(shape->members_n <= sizeof present / sizeof *present);
    for (size_t i = 0; i < pairs.n; i++) {
        size_t path = path_push(in, pairs.items[i].key), m = 0;
        while (m < shape->members_n && !text_is(pairs.items[i].key, shape->members[m].key))
            m++;
        if (m == shape->members_n) {
            yaml_mistake(in, pairs.items[i].key_node, "", "is no key that belongs here");
        } else {
            present[m] = true;
            read_value(in, &shape->members[m], item, pairs.items[i].value);
        }
        path_pop(in, path);
    }
    for (size_t m = 0; m < shape->members_n; m++)
        if (shape->members[m].required && !present[m])
            yaml_mistake(in, node, "", "lacks \"%s\"", shape->members[m].key);
}

void yaml_read_struct(struct yaml_in *in, const struct yaml_shape *shape, void *item, yaml_node_t *node)
{
    if (shape->defaults != NULL)
        memcpy(item, shape->defaults, shape->bytes);
    if (!is_mapping(in, node))
        return;
    read_members(in, shape, item, node);
    if (shape->check != NULL)
        shape->check(in, item, node);
}
