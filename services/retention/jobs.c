/* jobs: clocks that are computed anew, and what is due. */
#include "proto/contact.h"
#include "services/retention/handlers.h"
#include "services/retention/store.h"

enum { PAGE = 500, DUE_PAGE = 200 };

/* A new policy, or a new last use: clocks are computed anew in pages. */
static enum outcome compute_records(struct call *call, bool *full, struct error *err)
{
    struct record_clocks page;

    TRY(store_records_stale(call, PAGE, &page, err));
    for (size_t i = 0; i < page.n; i++)
        decide_due(policy_category(call->policy, page.items[i].category), RETAINED_RECORD, NULL, &page.items[i].dates,
                   &page.items[i].due);
    *full = page.n == PAGE;
    return store_records_computed(call, page.items, page.n, err);
}

static const struct activity_clock *activity_of(const struct activity_clocks *page, const struct uuid *id)
{
    for (size_t i = 0; i < page->n; i++)
        if (uuid_equal(&page->items[i].activity, id))
            return &page->items[i];
    return NULL;
}

static enum outcome compute_activities(struct call *call, bool *full, struct error *err)
{
    struct activity_clocks page;
    struct part_clocks parts;
    struct uuid_list ids;

    TRY(store_activities_stale(call, PAGE, &page, err));
    *full = page.n == PAGE;
    if (page.n == 0)
        return DONE;
    ids = (struct uuid_list){.items = ARENA_ARRAY(call->arena, page.n, struct uuid), .n = page.n};
    for (size_t i = 0; i < page.n; i++) {
        struct activity_clock *c = &page.items[i];
        decide_due(policy_category(call->policy, c->category), RETAINED_ACTIVITY, NULL, &c->dates, &c->due);
        ids.items[i] = c->activity;
    }
    TRY(store_parts(call, ids, &parts, err));
    for (size_t i = 0; i < parts.n; i++) {
        struct part_clock *p = &parts.items[i];
        const struct activity_clock *c = activity_of(&page, &p->activity);
        if (c != NULL)
            decide_due(policy_category(call->policy, c->category), RETAINED_PART, part_role_names[p->role], &c->dates,
                       &p->due);
    }
    TRY(store_parts_computed(call, parts.items, parts.n, err));
    return store_activities_computed(call, page.items, page.n, err);
}

enum outcome retention_job_compute(struct call *call, bool *again, struct error *err)
{
    bool records = false, activities = false;

    TRY(compute_records(call, &records, err));
    TRY(compute_activities(call, &activities, err));
    *again = records || activities;
    return DONE;
}

enum outcome retention_job_expire(struct call *call, bool *again, struct error *err)
{
    struct due_items due;
    struct expiries expiries;
    struct uuid *ids;
    size_t unsure;

    TRY(store_look_again(call, DUE_PAGE, &unsure, err));
    if (unsure > 0)
        call_wake(call, "compute");
    TRY(store_due(call, DUE_PAGE, &due, err));
    *again = due.n >= DUE_PAGE || unsure >= DUE_PAGE;
    if (due.n == 0)
        return DONE;
    decide_expiries(due.items, due.n, call->now_us, call->arena, &expiries);
    for (size_t i = 0; i < expiries.n; i++) {
        if (uuid_is_nil(&expiries.items[i].expiry))
            expiries.items[i].expiry = call_uuid(call);
        else
            log_warn(call->log, "retention.again", F_UUID("expiry", &expiries.items[i].expiry));
        outbox_publish(call->outbox, &retention_expired_event, &expiries.items[i].expiry, &expiries.items[i]);
    }
    ids = ARENA_ARRAY(call->arena, due.n, struct uuid);
    for (size_t i = 0; i < due.n; i++)
        ids[i] = expiries.items[expiries.of[i]].expiry;
    return store_announced(call, due.items, ids, due.n, err);
}

enum outcome retention_job_sweep(struct call *call, bool *again, struct error *err)
{
    *again = false;
    return store_sweep(call, err);
}
