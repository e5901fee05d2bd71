/* health: what a service waits for, by name. Live is whoever answers; ready is who waits for nothing. */
#include "common/service/internal.h"

#include <string.h>

const char *const wait_names[WAIT_KINDS] = {
    [WAIT_POSTGRES] = "postgres", [WAIT_KAFKA] = "kafka",
    [WAIT_SCHEMA] = "schema",     [WAIT_POLICY] = "policy",
    [WAIT_VAULT] = "vault",       [WAIT_START] = "start",
    [WAIT_LEDGER] = "ledger",     [WAIT_INSTANCE] = "instance name in use",
};

enum { SILENCE_S = 10 }; /* of the loop in one turn */

void health_wait(struct service *service, enum wait_for what, bool waits)
{
    bool was = atomic_exchange(&service->waits[what], waits);

    if (was != waits)
        log_info(&service->log, waits ? "health.waits" : "health.goes-on", F_STR("for", wait_names[what]));
}

/* By the rule, which names the part; a statement that failed (a deadlock, say) is no outage. */
enum wait_for health_kind(const struct error *err)
{
    static const struct {
        const char *rule;
        enum wait_for what;
    } kinds[] = {
        {"postgres", WAIT_POSTGRES}, {"kafka", WAIT_KAFKA},       {"keyring", WAIT_VAULT},
        {"kek", WAIT_VAULT},         {"instance", WAIT_INSTANCE}, {"ledger", WAIT_LEDGER},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(err->rule, kinds[i].rule) == 0)
            return kinds[i].what;
    return WAIT_KINDS;
}

void health_failed(struct service *service, enum wait_for *mine, enum wait_for what)
{
    if (what == *mine)
        return;
    health_went_on(service, mine);
    *mine = what;
    if (what != WAIT_KINDS)
        health_wait(service, what, true);
}

void health_went_on(struct service *service, enum wait_for *mine)
{
    /* that Kafka is there, or that the name is ours, its own owner says; a success of PostgreSQL's tells nothing of it */
    if (*mine == WAIT_POSTGRES || *mine == WAIT_VAULT)
        health_wait(service, *mine, false);
    *mine = WAIT_KINDS;
}

/* Has the loop asked PostgreSQL and got no answer, though the connection stands? */
static bool is_silent(struct service *service)
{
    int64_t began = atomic_load(&service->turn_began_us);

    return began > 0 && clock_monotonic_us() - began > SECONDS(SILENCE_S) &&
           !atomic_load(&service->waits[WAIT_POSTGRES]);
}

static void waits(struct service *service, struct buf *out, bool *ready)
{
    const char *const *name = wait_names;
    const char *comma = "";

    for (int i = 0; i < WAIT_KINDS; i++) {
        if (!atomic_load(&service->waits[i]))
            continue;
        buf_printf(out, "%s\"%s\"", comma, name[i]);
        comma = ",";
        *ready = false;
    }
    if (relay_away(service->relay)) {
        buf_printf(out, "%s\"kafka (publishing)\"", comma);
        comma = ",";
        *ready = false;
    }
    if (is_silent(service)) {
        buf_printf(out, "%s\"postgres (no answer)\"", comma);
        *ready = false;
    }
}

static void add_note(struct buf *out, const char **comma, struct text note)
{
    buf_str(out, *comma);
    buf_json_string(out, note);
    *comma = ",";
}

static void notes(struct service *service, struct buf *out)
{
    const char *comma = "";
    struct buf said;

    buf_init(&said, 1024);
    restore_gate_note(service, &said);
    if (said.n > 0)
        add_note(out, &comma, buf_view(&said));
    buf_reset(&said);
    if (option_text(service->options, "ledger") == NULL)
        add_note(out, &comma, TEXT("no ledger is configured: a restore brings back who was forgotten"));
    if (atomic_load(&service->redis_away))
        add_note(out, &comma, TEXT("redis is away: PostgreSQL alone hands out leases"));
    buf_printf(&said, "an offset lies outside its log: if PostgreSQL or Kafka was restored, run lethe-%s restored",
               service->def->name);
    if (atomic_load(&service->restored))
        add_note(out, &comma, buf_view(&said));
    buf_free(&said);
}

bool health_ready(struct service *service, struct buf *out)
{
    bool stopping = atomic_load(&service->stopping), ready = !stopping;

    buf_str(out, "{\"service\":");
    buf_json_string(out, text_of(service->def->name));
    buf_str(out, ",\"waiting_for\":[");
    waits(service, out, &ready);
    buf_str(out, "],\"notes\":[");
    notes(service, out);
    buf_printf(out, "],\"status\":\"%s\"}", ready ? "ready" : stopping ? "stopping" : "waiting");
    return ready;
}
