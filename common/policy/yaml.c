/* policy/yaml: the document as libyaml gives it: mistakes with line and path, merge keys, the way in. */
#include "common/policy/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/error/error.h"
#include "common/policy/yaml_value.h"

enum {
    MISTAKES_MOST = 100,
    MERGE_DEPTH = 16,
    VISITED_MOST = 100000,
    OPEN_MOST = 200,
    PAIRS_MOST = 2000,
    YAML_BYTES = 1 << 20
};

/* ---- mistakes ------------------------------------------------------------------------------------------------------ */
static void PRINTF_LIKE(4, 0)
    add_mistake(struct yaml_in *in, size_t line, const char *below, const char *format, va_list args)
{
    struct text path = buf_view(&in->path);
    size_t start = in->mistakes->n;

    if (in->mistakes_n++ == 0) {
        in->first_line = line;
        snprintf(in->first_pointer, sizeof in->first_pointer, "%.*s%s", TEXT_ARGS(path), below);
    }
    if (in->mistakes_n > MISTAKES_MOST)
        return;
    char said[200];
    (void)vsnprintf(said, sizeof said, format, args);
    buf_printf(in->mistakes, "line %zu: %.*s%s: %s\n", line, TEXT_ARGS(path), below, said);
    if (in->mistakes->failed) { /* the caller's buffer is full: keep its whole lines */
        in->mistakes->failed = false;
        in->mistakes->n = start;
    }
}

void yaml_mistake(struct yaml_in *in, const yaml_node_t *here, const char *below, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_mistake(in, here != NULL ? here->start_mark.line + 1 : 1, below, format, args);
    va_end(args);
}

static void PRINTF_LIKE(3, 4) mistake_in_line(struct yaml_in *in, size_t line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_mistake(in, line, "", format, args);
    va_end(args);
}

/* ---- pairs of a mapping, merges included --------------------------------------------------------------------------- */
struct text yaml_scalar(const yaml_node_t *node)
{
    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return TEXT_NONE;
    return (struct text){.p = (const char *)node->data.scalar.value, .n = node->data.scalar.length};
}

static bool is_merge_key(const yaml_node_t *key)
{
    return text_is(yaml_scalar(key), "<<") && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool has_pair(const struct yaml_pairs *pairs, struct text key)
{
    for (size_t i = 0; i < pairs->n; i++)
        if (text_equal(pairs->items[i].key, key))
            return true;
    return false;
}

static void add_pair(struct yaml_in *in, struct yaml_pairs *pairs, struct yaml_pair pair)
{
    if (pairs->n == pairs->room) {
        size_t room = pairs->room > 0 ? pairs->room * 2 : 16;
        struct yaml_pair *items = ARENA_ARRAY(in->arena, room, struct yaml_pair);
        if (pairs->n > 0)
            memcpy(items, pairs->items, pairs->n * sizeof *items);
        pairs->items = items;
        pairs->room = room;
    }
    pairs->items[pairs->n++] = pair;
}

bool yaml_visit(struct yaml_in *in, const yaml_node_t *node)
{
    if (in->visited++ < VISITED_MOST)
        return true;
    if (in->visited == VISITED_MOST + 1)
        yaml_mistake(in, node, "", "too much: the aliases multiply");
    return false;
}

static void merge_into(struct yaml_in *in, struct yaml_pairs *pairs, yaml_node_t *from, unsigned depth);

/* The keys of one mapping; what is there already wins. own: a key given twice in the same mapping is a mistake. */
static void add_own(struct yaml_in *in, struct yaml_pairs *pairs, yaml_node_t *mapping, bool own)
{
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top; p++) {
        yaml_node_t *key = yaml_document_get_node(in->document, p->key);
        if (!yaml_visit(in, mapping))
            return;
        if (pairs->n >= PAIRS_MOST) {
            yaml_mistake(in, mapping, "", "has more than %d keys", PAIRS_MOST);
            return;
        }
        if (is_merge_key(key))
            continue;
        if (key == NULL || key->type != YAML_SCALAR_NODE ||
            memchr(key->data.scalar.value, '\0', key->data.scalar.length)) {
            yaml_mistake(in, key != NULL ? key : mapping, "", "a key must be a plain text");
        } else if (has_pair(pairs, yaml_scalar(key))) {
            if (own)
                yaml_mistake(in, key, "", "\"%.60s\" stands here twice", (const char *)key->data.scalar.value);
        } else {
            add_pair(in, pairs,
                     (struct yaml_pair){yaml_scalar(key), key, yaml_document_get_node(in->document, p->value)});
        }
    }
}

static void add_merged(struct yaml_in *in, struct yaml_pairs *pairs, yaml_node_t *mapping, unsigned depth)
{
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top; p++)
        if (is_merge_key(yaml_document_get_node(in->document, p->key)))
            merge_into(in, pairs, yaml_document_get_node(in->document, p->value), depth);
}

/* A merge key's value: a mapping, or a list of mappings of which the earlier wins. */
static void merge_into(struct yaml_in *in, struct yaml_pairs *pairs, yaml_node_t *from, unsigned depth)
{
    if (from == NULL || !yaml_visit(in, from))
        return;
    if (depth >= MERGE_DEPTH) {
        yaml_mistake(in, from, "", "<< goes too deep");
        return;
    }
    if (from->type == YAML_SEQUENCE_NODE) {
        for (yaml_node_item_t *i = from->data.sequence.items.start; i < from->data.sequence.items.top; i++) {
            yaml_node_t *item = yaml_document_get_node(in->document, *i);
            if (item != NULL && item->type == YAML_MAPPING_NODE)
                merge_into(in, pairs, item, depth + 1);
            else
                yaml_mistake(in, item, "", "<< takes a mapping or a list of mappings");
        }
    } else if (from->type == YAML_MAPPING_NODE) {
        add_own(in, pairs, from, false);
        add_merged(in, pairs, from, depth + 1);
    } else {
        yaml_mistake(in, from, "", "<< takes a mapping or a list of mappings");
    }
}

struct yaml_pairs yaml_pairs_of(struct yaml_in *in, yaml_node_t *mapping)
{
    struct yaml_pairs pairs = {0};
    add_own(in, &pairs, mapping, true);
    add_merged(in, &pairs, mapping, 0);
    return pairs;
}

yaml_node_t *yaml_find(struct yaml_in *in, yaml_node_t *mapping, const char *key)
{
    if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
        return NULL;
    size_t said = in->mistakes_n, at = in->mistakes->n;
    struct yaml_pairs pairs = yaml_pairs_of(in, mapping);
    in->mistakes_n = said; /* its mistakes were named when it was read */
    in->mistakes->n = at;
    for (size_t i = 0; i < pairs.n; i++)
        if (text_is(pairs.items[i].key, key))
            return pairs.items[i].value;
    return NULL;
}

yaml_node_t *yaml_item(struct yaml_in *in, yaml_node_t *sequence, size_t i)
{
    if (sequence == NULL || sequence->type != YAML_SEQUENCE_NODE ||
        i >= (size_t)(sequence->data.sequence.items.top - sequence->data.sequence.items.start))
        return NULL;
    return yaml_document_get_node(in->document, sequence->data.sequence.items.start[i]);
}

/* ---- the way in ---------------------------------------------------------------------------------------------------- */
static void syntax_mistake(struct yaml_in *in, const yaml_parser_t *parser)
{
    const char *problem = parser->problem != NULL ? parser->problem : "is not YAML";
    const char *context = parser->context != NULL ? parser->context : "";
    mistake_in_line(in, parser->problem_mark.line + 1, "%s%s%s", context, context[0] != '\0' ? ": " : "", problem);
}

static void read_document(struct yaml_in *in, yaml_parser_t *parser, const struct yaml_shape *shape, void *item)
{
    yaml_document_t document, more;

    if (!yaml_parser_load(parser, &document)) {
        syntax_mistake(in, parser);
        return;
    }
    in->document = &document;
    yaml_node_t *root = yaml_document_get_root_node(&document);
    if (root == NULL)
        mistake_in_line(in, 1, "is empty");
    else
        yaml_read_struct(in, shape, item, root);
    if (root != NULL && yaml_parser_load(parser, &more)) {
        yaml_node_t *second = yaml_document_get_root_node(&more);
        if (second != NULL)
            yaml_mistake(in, second, "", "a second document begins here");
        yaml_document_delete(&more);
    } else if (root != NULL) {
        syntax_mistake(in, parser);
    }
    yaml_document_delete(&document);
    in->document = NULL;
}

/* libyaml takes time by the square of the brackets that stand open; quoted ones count here, too, as no policy has so
 * many. */
static bool nested_too_deeply(struct text yaml)
{
    size_t open = 0;
    for (size_t i = 0; i < yaml.n && open <= OPEN_MOST; i++) {
        char c = yaml.p[i];
        if (c == '[' || c == '{')
            open++;
        else if ((c == ']' || c == '}') && open > 0)
            open--;
    }
    return open > OPEN_MOST;
}

bool yaml_read(struct text yaml, const struct yaml_shape *shape, void *item, struct arena *arena, struct buf *mistakes,
               struct yaml_in *in)
{
    yaml_parser_t parser;

    *in = (struct yaml_in){.arena = arena, .mistakes = mistakes};
    buf_init(&in->path, 4096);
    if (yaml.n > YAML_BYTES) {
        mistake_in_line(in, 1, "more than 1 MiB");
    } else if (!text_utf8_valid(yaml) || (yaml.n > 0 && memchr(yaml.p, '\0', yaml.n) != NULL)) {
        mistake_in_line(in, 1, "is not UTF-8 text");
    } else if (nested_too_deeply(yaml)) {
        mistake_in_line(in, 1, "has too many brackets that are open at once");
    } else {
        ENSURE(yaml_parser_initialize(&parser) == 1);
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *)(yaml.p != NULL ? yaml.p : ""), yaml.n);
        read_document(in, &parser, shape, item);
        yaml_parser_delete(&parser);
    }
    if (in->mistakes_n > MISTAKES_MOST)
        buf_printf(mistakes, "and %zu more\n", in->mistakes_n - MISTAKES_MOST);
    buf_free(&in->path);
    return in->mistakes_n == 0;
}
