/* pages_data: forms and tables. */
#include "services/consent/pages_data.h"

#include "gen/consent_messages.h"
#include "proto/events.h"

/* An input with its label; missed: what is said where it was wrong. */
static void add_input(struct buf *out, const struct page_values *v, const char *type_and_name, int label, int missed,
                      bool is_missed)
{
    if (is_missed)
        page_element(out, "<p id=\"missed\" role=\"alert\"><strong>", missed, v, "</strong></p>");
    page_element(out, "<p><label for=\"in\">", label, v, "</label><input id=\"in\" required maxlength=\"320\" ");
    buf_str(out, type_and_name);
    buf_str(out, is_missed ? " aria-invalid=\"true\" aria-describedby=\"missed\"></p>" : "></p>");
}

void page_data_ask(const void *of, const struct page_values *v, struct buf *out)
{
    const struct data_view *view = of;

    buf_str(out, "<form method=\"post\">");
    add_input(out, v, "type=\"email\" name=\"email\" autocomplete=\"email\"", CONSENT_MSG_DATA_EMAIL,
              CONSENT_MSG_DATA_BAD, view->missed);
    page_element(out, "<button type=\"submit\">", CONSENT_MSG_DATA_SEND, v, "</button></form>\n");
}

void page_data_proof(const void *of, const struct page_values *v, struct buf *out)
{
    const struct data_view *view = of;

    buf_str(out, "<form method=\"post\">");
    add_input(out, v, "type=\"text\" name=\"fact\" autocomplete=\"off\"", CONSENT_MSG_DATA_PROOF_LABEL,
              CONSENT_MSG_DATA_PROOF_WRONG, view->missed);
    page_element(out, "<button type=\"submit\" name=\"do\" value=\"prove\">", CONSENT_MSG_DATA_PROOF_BUTTON, v,
                 "</button></form>\n");
}

static void add_acts(struct buf *out, const struct page_values *v, const struct data_view *view)
{
    page_element(out, "<h2>", CONSENT_MSG_DATA_CONSENTS, v, "</h2>\n");
    if (view->acts_n == 0) {
        page_element(out, "<p>", CONSENT_MSG_DATA_NONE, v, "</p>\n");
        return;
    }
    page_element(out, "<table><thead><tr><th scope=\"col\">", CONSENT_MSG_DATA_WHEN, v, "</th>");
    page_element(out, "<th scope=\"col\">", CONSENT_MSG_DATA_WHAT, v, "</th>");
    page_element(out, "<th scope=\"col\">", CONSENT_MSG_DATA_ABOUT, v, "</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < view->acts_n; i++) {
        const struct data_act *act = &view->acts[i];

        buf_str(out, "<tr><td>");
        buf_html(out, text_of(act->at));
        page_element(out, "</td><td>", (int)CONSENT_MSG_ACT_REQUESTED + act->act, v, "</td><td>");
        if (act->purpose.n > 0)
            buf_html(out, act->purpose);
        else
            page_element(out, "", CONSENT_MSG_DATA_ALL, v, "");
        buf_str(out, "</td></tr>\n");
    }
    buf_str(out, "</tbody></table>\n");
}
/* their messages stand in the order of the acts */
_Static_assert((int)CONSENT_MSG_ACT_LAPSED - (int)CONSENT_MSG_ACT_REQUESTED == (int)CONSENT_LAPSED,
               "one message an act");

static void add_records(struct buf *out, const struct page_values *v, const struct data_view *view)
{
    page_element(out, "<h2>", CONSENT_MSG_DATA_RECORDS, v, "</h2>\n");
    if (view->records_n == 0)
        page_element(out, "<p>", CONSENT_MSG_DATA_NONE, v, "</p>\n");
    for (size_t i = 0; i < view->records_n; i++) {
        const struct data_record *record = &view->records[i];

        buf_str(out, "<h3>");
        buf_html(out, record->category);
        buf_str(out, ", ");
        buf_html(out, record->system);
        buf_str(out, "</h3>\n<dl>\n");
        for (size_t f = 0; f < record->fields.n; f++) {
            buf_str(out, "<dt>");
            buf_html(out, record->fields.items[f].name);
            buf_str(out, "</dt><dd>");
            buf_html(out, record->fields.items[f].value);
            buf_str(out, "</dd>\n");
        }
        buf_str(out, "</dl>\n");
    }
}

static void add_ends(struct buf *out, const struct page_values *v, const struct data_view *view)
{
    buf_str(out, "<p><a href=\"");
    buf_html(out, view->token);
    page_element(out, "/download\">", CONSENT_MSG_DATA_DOWNLOAD, v, "</a></p>\n");
    page_element(out, "<h2>", CONSENT_MSG_DATA_CORRECT_TITLE, v, "</h2>\n");
    page_element(out, "<p>", CONSENT_MSG_DATA_CORRECT_TEXT, v, "</p>\n");
    page_element(out, "<h2>", CONSENT_MSG_DATA_FORGET_TITLE, v, "</h2>\n");
    page_element(out, "<p>", CONSENT_MSG_DATA_FORGET_TEXT, v, "</p>\n<form method=\"post\">");
    if (view->missed)
        page_element(out, "<p id=\"missed\" role=\"alert\"><strong>", CONSENT_MSG_DATA_FORGET_MISSED, v,
                     "</strong></p>");
    buf_str(out, "<p><label class=\"box\"><input type=\"checkbox\" name=\"sure\" value=\"yes\" required");
    buf_str(out, view->missed ? " aria-invalid=\"true\" aria-describedby=\"missed\"> " : "> ");
    page_element(out, "<span>", CONSENT_MSG_DATA_FORGET_BOX, v, "</span></label></p>");
    page_element(out, "<button type=\"submit\" class=\"second\" name=\"do\" value=\"forget\">",
                 CONSENT_MSG_DATA_FORGET_TITLE, v, "</button></form>\n");
}

void page_data_yours(const void *of, const struct page_values *v, struct buf *out)
{
    const struct data_view *view = of;

    add_acts(out, v, view);
    add_records(out, v, view);
    add_ends(out, v, view);
}
