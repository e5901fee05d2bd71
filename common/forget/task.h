/* forget/task: the states of one forget within one service, and what each order or attempt does to them. Pure. Orders
 * may come twice, late or out of turn (a revived relay, a resent order): none of that may undo what holds. */
#ifndef LETHE_FORGET_TASK_H
#define LETHE_FORGET_TASK_H

#include <stdbool.h>
#include <stdint.h>

enum task_state {
    TASK_NONE,       /* never heard of */
    TASK_OPENED,     /* restricted; may be cancelled */
    TASK_DESTROYING, /* ordered; grace wait, deletes, first count */
    TASK_DESTROYED,  /* answered: nothing remains */
    TASK_VERIFYING,  /* the second look is ordered */
    TASK_VERIFIED,   /* answered: still nothing */
    TASK_CANCELLED,  /* lifted; final */
    TASK_COMPLETED,  /* the request is closed; only a new order to destroy opens it again */
    TASK_STATES
};

enum task_order { ORDER_OPENED, ORDER_DESTROY, ORDER_VERIFY, ORDER_CANCELLED, ORDER_COMPLETED };

/* What to do about an order. */
struct task_plan {
    enum task_state next; /* equal to the present one: see the flags */
    bool verify;          /* a second look is owed once the deletes are done */
    bool restricts;       /* take the order's names, set restricted tombstones, call restrict_now */
    bool takes_set;       /* take the order's set, make its tombstones stand */
    bool lifts;           /* drop restricted tombstones, call lift */
    bool closes;          /* forget the set itself */
    bool due;             /* there is work: wake the job */
    bool changes;         /* false: the order changes nothing */
};
struct task_plan task_decide_order(enum task_state state, bool verify, enum task_order order);

/* What an attempt came to: `remaining` rows were counted after it. attempts: those that failed before. */
struct task_result {
    enum task_state next;
    bool verify;
    bool answers_verify; /* the answer's phase: verify, else destroy */
    bool again;          /* something is left: the next attempt follows after delay_us */
    bool due;            /* the next step is due at once */
    int64_t delay_us;
};
struct task_result task_decide_attempt(enum task_state state, bool verify, int64_t remaining, unsigned attempts,
                                       uint32_t random);

#endif
