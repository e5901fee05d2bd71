/* forward: calls to the other services, outside any transaction, and their answers passed on. */
#ifndef LETHE_ADMIN_FORWARD_H
#define LETHE_ADMIN_FORWARD_H

#include "services/admin/access.h"
#include "services/admin/service.h"

/* forward_call: one call of the internal API; between call_pause and call_resume. DONE whenever the service answered
 * as one (2xx, 3xx, 4xx); RETRY where it is away, answers 5xx, or doesn't know our token. */
enum outcome forward_call(struct call *call, const struct http_request *request, enum peer peer,
                          enum http_method method, const char *path, struct text body, struct http_answer *answer,
                          struct error *err) WARN_UNUSED;
/* forward_ask: pause, call, resume; an answer other than 200..299 becomes an error of its status. */
enum outcome forward_ask(struct call *call, const struct http_request *request, enum peer peer, const char *path,
                         struct text body, struct text *out, struct error *err) WARN_UNUSED;
/* forward_settle: after a call that changes something: the second audit row ("202", "409", "away"), committed. Returns
 * the call's own outcome where that isn't DONE. */
enum outcome forward_settle(struct call *call, const struct caller *caller, const struct deed *deed,
                            enum outcome outcome, const struct http_answer *answer, struct error *err) WARN_UNUSED;
/* forward_answer: a service's answer becomes ours; its problem documents get our pointers and request id. */
void forward_answer(struct call *call, const struct http_request *request, struct http_response *response,
                    const struct http_answer *answer);

/* One route that is passed on whole. */
struct passage {
    const char *action;
    enum right right;
    enum peer peer;
    enum http_method method;
    const char *path;        /* {id}, {name}: the route's first parameter: a UUID, or a name of the policy */
    const char *operator_as; /* the member that tells the operator; NULL: "operator" */
    bool look;               /* changes nothing: one audit row before; else one before and one after */
};
enum outcome forward_pass(struct call *call, const struct http_request *request, struct http_response *response,
                          const struct passage *passage, struct error *err) WARN_UNUSED;

/* path_id: the route's first parameter as a UUID; 404 where it is none. */
enum outcome path_id(const struct http_request *request, struct uuid *out, struct error *err) WARN_UNUSED;
/* path_name: as a code that may stand in the audit chain; 404 where it is none. */
enum outcome path_name(struct call *call, const struct http_request *request, const char **out,
                       struct error *err) WARN_UNUSED;

#endif
