/* show: a page as a response, with the headers that all of them carry. */
#ifndef LETHE_CONSENT_SHOW_H
#define LETHE_CONSENT_SHOW_H

#include "services/consent/pages.h"
#include "services/consent/service.h"

struct shown {
    enum page page;
    int status;
    struct text language;              /* what the link was made in; TEXT_NONE: the reader's */
    struct text purpose;               /* a name of the policy; TEXT_NONE: none */
    int64_t statement;                 /* PAGE_CONFIRM: its version */
    const struct page_choice *choices; /* PAGE_PREFERENCES */
    size_t choices_n;
    bool objected;
    page_body *body; /* what else is on it; or NULL */
    const void *of;
    struct text preferences; /* a path to link to; TEXT_NONE: none */
};
void show(struct call *call, const struct http_request *request, const struct shown *shown,
          struct http_response *response);

#endif
