/* policy/yaml: reads a YAML document into structs by tables and gathers every mistake with its line and path. It knows
 * nothing of policies. Anchors, aliases and merge keys (<<) work; duplicate and unknown keys are mistakes. */
#ifndef LETHE_POLICY_YAML_H
#define LETHE_POLICY_YAML_H

#include <yaml.h>

#include "common/arena/arena.h"
#include "common/buf/buf.h"
#include "common/clock/clock.h"
#include "common/text/text.h"

enum yaml_kind {
    Y_LINE,     /* const char *: 1..most characters on one line; most 0: 256 */
    Y_TEXT,     /* the same, may have several lines */
    Y_BOOL,     /* bool */
    Y_INT,      /* int64_t, least..most */
    Y_DURATION, /* struct duration */
    Y_CHOICE,   /* an enum; its names in order, NULL-terminated */
    Y_NAMES,    /* const char *const *: a list of lines, NULL-terminated */
    Y_LIST,     /* an array of structs of a shape, and its count */
    Y_MAP,      /* the same from a mapping: its keys go to the shape's name */
    Y_PART,     /* a mapping whose members lie in the same struct */
    Y_ANYTHING, /* not looked at */
};

struct yaml_in;

/* yaml_rule: NULL, or why a text won't do ("is no language tag"). */
typedef const char *yaml_rule(struct text text);

struct yaml_member {
    const char *key;
    enum yaml_kind kind;
    bool required;
    size_t at, count_at; /* offsets in the struct */
    int64_t least, most;
    yaml_rule *rule;                /* Y_LINE, Y_NAMES; Y_MAP: of its keys */
    const char *const *names;       /* Y_CHOICE */
    const struct yaml_shape *shape; /* Y_LIST, Y_MAP, Y_PART */
};

struct yaml_shape {
    const struct yaml_member *members;
    size_t members_n;
    size_t bytes;         /* of the struct */
    size_t name_at;       /* Y_MAP: where the key goes */
    const void *defaults; /* a struct to begin with, NULL: zeroes */
    /* called once the members are read, for what spans several; the path stands at the item */
    void (*check)(struct yaml_in *in, void *item, yaml_node_t *node);
};

struct yaml_in {
    yaml_document_t *document;
    struct arena *arena; /* where texts and arrays go */
    struct buf *mistakes;
    size_t mistakes_n;
    struct buf path; /* JSON pointer of where the reader stands */
    size_t first_line;
    char first_pointer[160];
    size_t visited; /* pairs and items: aliases can't multiply without bound */
};

/* yaml_read: the whole document into item. False where there was any mistake. */
bool yaml_read(struct text yaml, const struct yaml_shape *shape, void *item, struct arena *arena, struct buf *mistakes,
               struct yaml_in *in);

/* For checks: a mistake at a node (NULL: the current mapping is named by `here`), below the current path. */
void yaml_mistake(struct yaml_in *in, const yaml_node_t *here, const char *below, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
yaml_node_t *yaml_find(struct yaml_in *in, yaml_node_t *mapping, const char *key); /* NULL where absent; sees merges */
yaml_node_t *yaml_item(struct yaml_in *in, yaml_node_t *sequence, size_t i);

#endif
