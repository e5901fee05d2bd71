/* routes: what intake answers over HTTP, and the pieces that jobs share with it. */
#ifndef LETHE_INTAKE_ROUTES_H
#define LETHE_INTAKE_ROUTES_H

#include "common/kafka/kafka.h"
#include "services/intake/service.h"

enum outcome post_events(struct call *call, const struct http_request *request, struct http_response *response,
                         struct error *err);
enum outcome post_records(struct call *call, const struct http_request *request, struct http_response *response,
                          struct error *err);
enum outcome post_quarantine(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err);

/* events_record: an event as it travels on contacts.in, in binary mode. */
struct kafka_record events_record(const struct cloud_event *event, struct text key, struct arena *arena);

/* judge.c: texts that a forget left to others */
route_fn get_texts, post_text_show, post_text_judge;

/* keys.c: the life of the KEKs */
route_fn get_keys, post_keys_rotate, post_keys_pause, post_keys_resume;
enum outcome keys_run(struct call *call, bool *again, struct error *err);
void keys_metrics(struct intake *intake);

/* jobs.c, resync.c, forget.c */
enum { INTAKE_JOBS = 7 };
extern const struct periodic_job intake_jobs[INTAKE_JOBS];
enum outcome intake_resync(struct call *call, struct uuid *after, bool *again, struct error *err);
extern const struct forget_table intake_forget;

#endif
