/* show: a page as a response. */
#include "services/consent/show.h"

void show(struct call *call, const struct http_request *request, const struct shown *shown,
          struct http_response *response)
{
    const struct policy_purpose *purpose =
        shown->purpose.p != NULL ? policy_purpose(call->policy, shown->purpose) : NULL;
    const struct policy_statement *statement =
        purpose != NULL && (shown->page == PAGE_CONFIRM || shown->page == PAGE_CONFIRM_AGE)
            ? policy_statement(call->policy, purpose, shown->statement, shown->language)
            : NULL;
    struct text asked = http_query(request, "lang");
    struct page_values values = {
        .theme = {.colour = call->policy->colour, .logo = call->policy->logo},
        .body = shown->body,
        .of = shown->of,
        .sender = text_of(call->policy->sender),
        .choices = shown->choices,
        .choices_n = shown->choices_n,
        .objected = shown->objected,
        .preferences = shown->preferences,
        .language = page_language(page_language_known(asked) ? asked : shown->language,
                                  http_header(request, "accept-language"), text_of(call->policy->default_language)),
        .controller = text_of(call->policy->controller_name),
        .purpose = purpose != NULL ? text_of(purpose->title) : shown->purpose,
        .statement = statement != NULL ? text_of(statement->text) : TEXT(""),
        .age = purpose != NULL ? purpose->age : 0,
        .statement_language = statement != NULL ? text_of(statement->language) : TEXT(""),
    };

    response->status = shown->status;
    response->content_type = "text/html; charset=utf-8";
    http_respond_header(response, "Content-Security-Policy", page_policy(&values.theme, call->arena));
    http_respond_header(response, "Referrer-Policy", TEXT("no-referrer"));
    http_respond_header(response, "Cache-Control", TEXT("no-store"));
    http_respond_header(response, "X-Content-Type-Options", TEXT("nosniff"));
    http_respond_header(response, "X-Robots-Tag", TEXT("noindex, nofollow"));
    http_respond_header(response, "Content-Language", values.language);
    page_render(shown->page, &values, &response->body);
}
