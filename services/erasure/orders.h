/* orders: what the eight services are told about a request: opened, destroy, verify, cancelled, completed. */
#ifndef LETHE_ERASURE_ORDERS_H
#define LETHE_ERASURE_ORDERS_H

#include "proto/events.h"
#include "services/erasure/store.h"

/* only: the services that a reminder is for; none: all eight. */
void order_opened(struct call *call, const struct request *request, const struct forget_set *set);
void order_destroy(struct call *call, const struct request *request, const struct forget_set *set,
                   struct text_list only);
/* order_step: forget.verify, forget.cancelled, forget.completed. */
void order_step(struct call *call, const struct event_type *type, const struct request *request, struct text_list only);

/* keys_of_set: the set's keys as events carry them. */
struct key_list keys_of_set(struct call *call, const struct forget_set *set);

#endif
