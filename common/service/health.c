/* health: what a service waits for, by name. Live is whoever answers; ready is who waits for nothing. */
#include "common/service/internal.h"

const char *const wait_names[WAIT_KINDS] = {
    [WAIT_POSTGRES] = "postgres", [WAIT_KAFKA] = "kafka", [WAIT_SCHEMA] = "schema",
    [WAIT_POLICY] = "policy",     [WAIT_VAULT] = "vault", [WAIT_START] = "start",
};

void health_wait(struct service *service, enum wait_for what, bool waits)
{
    bool was = atomic_exchange(&service->waits[what], waits);

    if (was != waits)
        log_info(&service->log, waits ? "health.waits" : "health.goes-on", F_STR("for", wait_names[what]));
}

bool health_ready(struct service *service, struct buf *out)
{
    bool ready = !atomic_load(&service->stopping);
    const char *comma = "";

    buf_str(out, "{\"service\":");
    buf_json_string(out, text_of(service->def->name));
    buf_str(out, ",\"waiting_for\":[");
    for (int i = 0; i < WAIT_KINDS; i++) {
        if (!atomic_load(&service->waits[i]))
            continue;
        buf_printf(out, "%s\"%s\"", comma, wait_names[i]);
        comma = ",";
        ready = false;
    }
    if (relay_away(service->relay)) {
        buf_printf(out, "%s\"kafka (publishing)\"", comma);
        ready = false;
    }
    buf_printf(out, "],\"notes\":[%s],\"status\":\"%s\"}",
               atomic_load(&service->redis_away) ? "\"redis is away: PostgreSQL alone hands out leases\"" : "",
               ready                             ? "ready"
               : atomic_load(&service->stopping) ? "stopping"
                                                 : "waiting");
    return ready;
}
