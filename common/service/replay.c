/* replay: the ledger's lines that this schema hasn't heard of are done again: in pages, two rounds, repeatable. */
#include "common/service/internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/forget/forget.h"
#include "common/forget/task.h"
#include "common/ledger/ledger.h"
#include "gen/service_sql.h"

enum { PAGE = 256 };

struct line {
    struct ledger_entry entry;
    struct forget_line forget;
    bool is_forget;
};

struct replay {
    struct call *call;
    struct ledger *ledger;
    struct arena *arena; /* of a page */
    struct ledger_mark mark, last;
    int64_t settled_us, applied;
    struct uuid *closed; /* requests that ended: sorted before the second round */
    size_t closed_n, closed_room;
};

/* ---- how far this schema is ------------------------------------------------------------------------------------------- */

static enum outcome read_mark(struct call *call, struct ledger_mark *mark, struct error *err)
{
    struct pg_rows rows;
    struct bytes hash;

    TRY(pg_exec(call->pg, &service_sql_mark_read, NULL, &rows, err));
    ENSURE(rows.n == 1);
    hash = pg_get_bytes(&rows, 0, 2);
    ENSURE(hash.n == LEDGER_HASH_BYTES);
    *mark = (struct ledger_mark){.number = pg_get_int8(&rows, 0, 0), .place = pg_get_int8(&rows, 0, 1)};
    memcpy(mark->hash, hash.p, LEDGER_HASH_BYTES);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome move_mark(struct call *call, const struct ledger_mark *mark, struct error *err)
{
    struct pg_params params;

    pg_params_init(&params, call->arena);
    pg_add_int8(&params, mark->number);
    pg_add_int8(&params, mark->place);
    pg_add_bytes(&params, (struct bytes){.p = mark->hash, .n = LEDGER_HASH_BYTES});
    return pg_exec(call->pg, &service_sql_mark_move, &params, NULL, err);
}

static enum outcome note(struct replay *r, const struct line *line, struct error *err)
{
    bool deletes = line->is_forget && forget_line_deletes(&line->forget);
    struct pg_params params;

    r->applied++;
    pg_params_init(&params, r->call->arena);
    pg_add_int8(&params, line->entry.number);
    pg_add_text(&params, line->entry.type);
    pg_add_uuid(&params, line->is_forget ? &line->forget.request : NULL);
    pg_add_bool(&params, !deletes);
    return pg_queue(r->call->pg, &service_sql_replay_note, &params, err);
}

/* ---- pages ------------------------------------------------------------------------------------------------------------ */

/* Up to a page of lines that are settled, and not past `last` in the second round. */
static enum outcome read_page(struct replay *r, bool second, struct line *lines, size_t *n, struct error *err)
{
    struct ledger_mark mark;
    bool got = true;

    arena_reset(r->arena, 256 << 10);
    for (*n = 0; *n < PAGE; ++*n) {
        struct line *line = &lines[*n];
        if (second && r->mark.number >= r->last.number)
            return DONE;
        TRY(ledger_next(r->ledger, r->arena, &line->entry, &mark, &got, err));
        if (!got || line->entry.at_us > r->settled_us)
            return DONE;
        TRY(forget_line_read(line->entry.type, line->entry.data, r->arena, &line->forget, &line->is_forget, err));
        r->mark = mark;
    }
    return DONE;
}

static enum outcome look(struct replay *r, struct line *lines, size_t n, struct error *err)
{
    struct forget_line *some[PAGE];
    size_t some_n = 0;

    for (size_t i = 0; i < n; i++)
        if (lines[i].is_forget)
            some[some_n++] = &lines[i].forget;
    return forget_lines_look(r->call, some, some_n, err);
}

static void remember_end(struct replay *r, const struct line *line)
{
    if (!line->is_forget ||
        !(text_is(line->entry.type, "lethe.forget.completed") || text_is(line->entry.type, "lethe.forget.cancelled")))
        return;
    if (r->closed_n == r->closed_room) {
        r->closed_room = r->closed_room == 0 ? PAGE : 2 * r->closed_room;
        r->closed = realloc(r->closed, r->closed_room * sizeof(*r->closed));
        ENSURE(r->closed != NULL);
    }
    r->closed[r->closed_n++] = line->forget.request;
}

static bool has_ended(const struct replay *r, const struct line *line)
{
    return line->is_forget && r->closed_n > 0 &&
           bsearch(&line->forget.request, r->closed, r->closed_n, sizeof(*r->closed), uuid_compare) != NULL;
}

/* Others than the orders of a forget in the first round; what was opened or ordered, as a request, in the second. */
static enum outcome apply_own(struct replay *r, const struct line *line, bool second, bool *applied, struct error *err)
{
    const struct service_def *def = r->call->service->def;
    const struct replay_entry entry = {.type = line->entry.type,
                                       .data = line->entry.data,
                                       .id = line->entry.id,
                                       .at_us = line->entry.at_us,
                                       .closed = has_ended(r, line)};

    *applied = false;
    return def->replay != NULL && line->is_forget == second ? def->replay(r->call, &entry, applied, err) : DONE;
}

static enum outcome apply(struct replay *r, const struct line *line, bool second, struct error *err)
{
    bool road = false, own = false;

    if (line->is_forget)
        TRY(forget_line_apply(r->call, &line->forget, second, &road, err));
    TRY(apply_own(r, line, second, &own, err));
    return road || own ? note(r, line, err) : DONE;
}

static enum outcome run_round(struct replay *r, bool second, struct error *err)
{
    struct line lines[PAGE];
    size_t n = PAGE;

    TRY(read_mark(r->call, &r->mark, err));
    TRY(ledger_seek(r->ledger, &r->mark, err));
    while (n == PAGE) {
        int64_t before = r->applied;
        TRY(read_page(r, second, lines, &n, err));
        TRY(look(r, lines, n, err));
        for (size_t i = 0; i < n; i++) {
            if (!second)
                remember_end(r, &lines[i]);
            TRY(apply(r, &lines[i], second, err));
        }
        if (r->applied > before)
            TRY(call_checkpoint(r->call, err));
    }
    if (!second)
        r->last = r->mark;
    return DONE;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------- */

enum outcome replay_open(struct call *call, int64_t *open, struct error *err)
{
    const int32_t working[] = {TASK_DESTROYING, TASK_VERIFYING};
    struct pg_params params;
    struct pg_rows rows;

    pg_params_init(&params, call->arena);
    pg_add_bool(&params, service_forget_table(call->service)->waits_for_humans);
    pg_add_int4s(&params, working, 2);
    TRY(pg_exec(call->pg, &service_sql_replay_done, &params, NULL, err));
    TRY(pg_exec(call->pg, &service_sql_replay_open, NULL, &rows, err));
    *open = pg_get_int8(&rows, 0, 0);
    pg_rows_free(&rows);
    return DONE;
}

static enum outcome run(struct replay *r, struct replay_count *count, struct error *err)
{
    TRY(run_round(r, false, err));
    if (r->closed_n > 0)
        qsort(r->closed, r->closed_n, sizeof(*r->closed), uuid_compare);
    count->applied = r->applied;
    TRY(replay_open(r->call, &count->open, err));
    if (count->open > 0) /* their tasks first; then this comes again */
        return DONE;
    TRY(run_round(r, true, err));
    count->applied = r->applied;
    return r->last.number >= 0 ? move_mark(r->call, &r->last, err) : DONE;
}

enum outcome replay_orders(struct call *call, int64_t settled_us, struct replay_count *count, struct error *err)
{
    struct replay r = {.call = call, .settled_us = settled_us};
    enum outcome outcome;

    *count = (struct replay_count){0};
    TRY(ledger_open(option_text(call->service->options, "ledger"), &r.ledger, err));
    r.arena = arena_new();
    outcome = run(&r, count, err);
    arena_free(r.arena);
    free(r.closed);
    ledger_close(r.ledger);
    return outcome;
}
