/* policy: what its parts share. */
#ifndef LETHE_POLICY_INTERNAL_H
#define LETHE_POLICY_INTERNAL_H

#include <stdatomic.h>

#include "common/policy/policy.h"
#include "common/policy/yaml.h"

struct policy_internal {
    struct policy policy;
    struct arena *arena; /* holds all that the policy points at */
    atomic_int references;
};

extern const struct yaml_shape policy_shape;

/* Checks of what spans several keys; called by the shapes. */
void policy_check_category(struct yaml_in *in, void *item, yaml_node_t *node);
void policy_check_where(struct yaml_in *in, void *item, yaml_node_t *node);
void policy_check_assertion(struct yaml_in *in, void *item, yaml_node_t *node);
void policy_check_purpose(struct yaml_in *in, void *item, yaml_node_t *node);
void policy_check_source(struct yaml_in *in, void *item, yaml_node_t *node);
void policy_check_holder(struct yaml_in *in, void *item, yaml_node_t *node);
void policy_check_purposes(struct yaml_in *in, const struct policy *policy, yaml_node_t *node);
void policy_check_whole(struct yaml_in *in, void *item, yaml_node_t *node);

/* policy_sort: by name, for the lookups. */
void policy_sort(struct policy *policy);

#endif
