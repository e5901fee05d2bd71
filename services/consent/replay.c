/* replay: a restore brings no consent back: what was withdrawn or objected to since is refused again. */
#include "gen/consent_sql.h"
#include "proto/events.h"
#include "services/consent/handlers.h"
#include "services/consent/service.h"

/* Does the address stand as the line says, or by a later act? */
static enum outcome stands(struct call *call, const struct consent_changed *in, bool *yes, struct error *err)
{
    struct hash email = {{0}};
    struct pg_params params;
    struct pg_rows rows;

    for (size_t i = 0; i < in->keys.n; i++)
        if (in->keys.items[i].kind == KEY_EMAIL)
            email = in->keys.items[i].hash;
    *yes = hash_is_none(&email); /* nobody's that could be found again */
    if (*yes)
        return DONE;
    pg_params_init(&params, call->arena);
    pg_add_hash(&params, &email);
    pg_add_text(&params, in->channel);
    pg_add_text(&params, in->purpose.p != NULL ? in->purpose : TEXT(""));
    pg_add_time(&params, in->at);
    TRY(pg_exec(call->pg, &consent_sql_refusal_stands, &params, &rows, err));
    *yes = pg_get_bool(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

enum outcome consent_replay(struct call *call, const struct replay_entry *entry, bool *applied, struct error *err)
{
    const struct consent_changed *in;
    struct consent_refused refused;
    void *data;
    bool yes;

    if (!text_is(entry->type, consent_changed_event.name))
        return DONE;
    if (event_decode(consent_changed_event.data, entry->data, call->arena, &data, err) != DONE)
        return error_retry(err, "ledger", "a line of the ledger can't be read by this program");
    in = data;
    TRY(stands(call, in, &yes, err));
    *applied = !yes;
    if (yes)
        return DONE;
    event_init(consent_refused_event.data, &refused);
    refused.act = entry->id;
    refused.kind = in->state == CONSENT_OBJECTED ? REFUSAL_OBJECTED : REFUSAL_WITHDRAWN;
    refused.keys = in->keys;
    refused.vault = in->vault;
    refused.channel = in->channel;
    refused.purpose = in->purpose;
    refused.at = in->at;
    refused.source = TEXT("ledger");
    return on_consent_refused(call, &refused, err);
}
