/* policy/yaml_value: what the document's reader and its values share. */
#ifndef LETHE_POLICY_YAML_VALUE_H
#define LETHE_POLICY_YAML_VALUE_H

#include "common/policy/yaml.h"

struct yaml_pair {
    struct text key;
    yaml_node_t *key_node, *value;
};
struct yaml_pairs {
    struct yaml_pair *items;
    size_t n, room;
};

/* yaml_pairs_of: own keys, then merged ones; what came first wins. */
struct yaml_pairs yaml_pairs_of(struct yaml_in *in, yaml_node_t *mapping);
struct text yaml_scalar(const yaml_node_t *node);             /* TEXT_NONE where it is none */
bool yaml_visit(struct yaml_in *in, const yaml_node_t *node); /* false once there is too much */
void yaml_read_struct(struct yaml_in *in, const struct yaml_shape *shape, void *item, yaml_node_t *node);

#endif
