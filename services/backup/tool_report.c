/* tool_report: what the schemas say they have ended again since a restore, as canonical JSON (RFC 8785: members stand in
 * order) under our signature (Ed25519). */
#include "common/ledger/ledger.h"
#include "common/pg/pg.h"
#include "services/backup/tool.h"

enum { REPORT_MOST = 256 << 20 };

static const char *const schemas[] = {"admin",  "backup", "consent",   "dedupe", "erasure",
                                      "intake", "mailer", "retention", NULL}; /* in their order */

struct totals {
    int64_t orders, rows, left;
};

static void add_time(struct buf *out, const char *name, int64_t us, bool comma)
{
    char text[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, text);
    buf_printf(out, "%s\"%s\":\"%s\"", comma ? "," : "", name, text);
}

static void print_order(const struct pg_rows *rows, int row, struct buf *out, struct totals *totals)
{
    char id[UUID_TEXT_BYTES];
    struct uuid request = pg_get_uuid(rows, row, 2);
    int64_t gone = pg_get_int8(rows, row, 3), done = pg_get_time(rows, row, 4);

    buf_str(out, row > 0 ? ",{" : "{");
    add_time(out, "done_at", done, false);
    buf_printf(out, "%s\"left\":%d,\"number\":%lld", done == CLOCK_NONE ? "" : ",", done == CLOCK_NONE ? 1 : 0,
               (long long)pg_get_int8(rows, row, 0));
    if (!uuid_is_nil(&request)) {
        uuid_format(&request, id);
        buf_printf(out, ",\"request\":\"%s\"", id);
    }
    if (gone != INT64_MIN)
        buf_printf(out, ",\"rows\":%lld", (long long)gone);
    buf_str(out, ",\"type\":");
    buf_json_string(out, pg_get_text(rows, row, 1));
    buf_char(out, '}');
    totals->orders++;
    totals->rows += gone == INT64_MIN ? 0 : gone;
    totals->left += done == CLOCK_NONE;
}

static enum outcome print_schema(struct pg *pg, struct buf *out, struct totals *totals, struct error *err)
{
    static const struct pg_statement orders = {
        "report_orders", "SELECT number, type, request, rows, done_at FROM ledger_replay ORDER BY number"};
    static const struct pg_statement mark = {"report_mark", "SELECT number, restored_at FROM ledger_mark"};
    struct pg_rows rows;

    TRY(pg_exec(pg, &mark, NULL, &rows, err));
    buf_printf(out, "\"ledger\":%lld,\"orders\":[", (long long)pg_get_int8(&rows, 0, 0));
    int64_t restored = pg_get_time(&rows, 0, 1);
    pg_rows_free(&rows);
    TRY(pg_exec(pg, &orders, NULL, &rows, err));
    for (int i = 0; i < rows.n; i++)
        print_order(&rows, i, out, totals);
    pg_rows_free(&rows);
    buf_char(out, ']');
    add_time(out, "restored_at", restored, true);
    return DONE;
}

static enum outcome print_schemas(struct tool *tool, struct buf *out, struct totals *totals, struct error *err)
{
    enum outcome outcome = DONE;

    for (size_t i = 0; schemas[i] != NULL && outcome == DONE; i++) {
        struct pg *pg = pg_new(option_text(tool->options, "pg-backup"), schemas[i], "lethe-backup", &tool->log);
        buf_str(out, i > 0 ? ",{" : "{");
        outcome = print_schema(pg, out, totals, err);
        buf_printf(out, ",\"schema\":\"%s\"}", schemas[i]);
        pg_free(pg);
    }
    return outcome;
}

static enum outcome print_body(struct tool *tool, int64_t head, struct buf *out, struct totals *totals,
                               struct error *err)
{
    buf_char(out, '{');
    add_time(out, "at", clock_now_us(), false);
    buf_printf(out, ",\"ledger\":%lld,\"schemas\":[", (long long)head);
    TRY(print_schemas(tool, out, totals, err));
    buf_printf(out,
               "],\"totals\":{\"left\":%lld,\"orders\":%lld,\"rows\":%lld},\"type\":\"lethe.replay\",\"version\":1}",
               (long long)totals->left, (long long)totals->orders, (long long)totals->rows);
    ENSURE(!out->failed);
    return DONE;
}

static void print_signed(struct tool *tool, const struct crypto_key *key, struct text body)
{
    uint8_t signature[CRYPTO_SIGNATURE_BYTES], public_key[CRYPTO_PUBLIC_BYTES];
    struct text signer, value;

    crypto_sign(key, body.p, body.n, signature);
    crypto_sign_public(key, public_key);
    signer = crypto_base64(tool->arena, public_key, sizeof(public_key));
    value = crypto_base64(tool->arena, signature, sizeof(signature));
    printf("%.*s,\"signature\":{\"alg\":\"Ed25519\",\"key\":\"%.*s\",\"value\":\"%.*s\"}}\n", (int)body.n - 1, body.p,
           TEXT_ARGS(signer), TEXT_ARGS(value));
}

static enum outcome report(struct tool *tool, const struct crypto_key *key, struct totals *totals, struct error *err)
{
    enum outcome outcome;
    struct buf out;
    int64_t head;

    TRY(ledger_head(option_text(tool->options, "ledger"), &head, err));
    buf_init(&out, REPORT_MOST);
    outcome = print_body(tool, head, &out, totals, err);
    if (outcome == DONE)
        print_signed(tool, key, buf_view(&out));
    buf_free(&out);
    return outcome;
}

int tool_report(struct tool *tool, int argc, char **argv)
{
    const char *path = option_text(tool->options, "signing-key-file");
    struct totals totals = {0};
    struct crypto_key *key = NULL;
    struct error err = {0};
    enum outcome outcome;

    (void)argc;
    (void)argv;
    if (path == NULL || option_text(tool->options, "ledger") == NULL)
        return tool_failed("report", &(struct error){.text = "--signing-key-file and --ledger are needed"});
    outcome = crypto_key_load(path, &key, &err);
    if (outcome == DONE)
        outcome = report(tool, key, &totals, &err);
    crypto_key_free(key);
    if (outcome != DONE)
        return tool_failed("report", &err);
    return totals.left > 0 ? 1 : 0;
}
