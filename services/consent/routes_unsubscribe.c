/* routes_unsubscribe: the page behind List-Unsubscribe, and RFC 8058's one click. GET and HEAD change nothing; a POST
 * with a good token always ends in 200, as often as it comes. */
#include "services/consent/handlers.h"
#include "services/consent/leave.h"

static void show_leave(struct call *call, const struct http_request *request, const struct leave *leave, enum page page,
                       struct http_response *response)
{
    struct shown shown = {
        .page = page, .status = page == PAGE_WRONG ? 404 : 200, .language = leave->language, .purpose = leave->purpose};

    if (leave->found)
        shown.preferences = text_format(call->arena, "../preferences/%.*s", TEXT_ARGS(request->params[0]));
    show(call, request, &shown, response);
}

enum outcome get_unsubscribe(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    enum page page = PAGE_UNSUBSCRIBED_ALL;
    struct standing standing;
    struct leave leave;

    TRY(leave_load(call, request->params[0], false, &leave, err));
    if (!leave.ours)
        page = PAGE_WRONG;
    if (leave.found) {
        TRY(leave_standing(call, &leave, true, &standing, err));
        page = decide_objected(&standing) ? PAGE_OBJECTED : PAGE_UNSUBSCRIBE;
    }
    show_leave(call, request, &leave, page, response);
    return DONE;
}

static enum outcome refuse_now(struct call *call, const struct leave *leave, struct text scope, bool one_click,
                               enum page *page, struct error *err)
{
    /* Where nobody knows the purpose any more, the wide reading is the safe one. */
    bool all = leave->purpose.p == NULL || text_is(scope, "all");

    *page = !leave->ours ? PAGE_WRONG : all || !leave->found ? PAGE_UNSUBSCRIBED_ALL : PAGE_UNSUBSCRIBED;
    return leave->found ? leave_now(call, leave, all, one_click ? "one-click" : "unsubscribe-page", err) : DONE;
}

enum outcome post_unsubscribe(struct call *call, const struct http_request *request, struct http_response *response,
                              struct error *err)
{
    bool one_click = text_is(http_form(request, "List-Unsubscribe", call->arena), "One-Click");
    struct text scope = one_click ? TEXT("") : http_form(request, "scope", call->arena);
    struct leave leave;
    enum page page;

    TRY(leave_load(call, request->params[0], true, &leave, err));
    if (text_is(scope, "lift"))
        TRY(leave_lift(call, &leave, &page, err));
    else
        TRY(refuse_now(call, &leave, scope, one_click, &page, err));
    show_leave(call, request, &leave, page, response);
    return DONE;
}
