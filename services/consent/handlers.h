/* handlers: all of consent's topic handlers, routes and jobs; service.c puts them into its tables. */
#ifndef LETHE_CONSENT_HANDLERS_H
#define LETHE_CONSENT_HANDLERS_H

#include "common/forget/forget.h"
#include "common/service/service.h"

/* handlers_in.c: what upstream asks, asserts and refuses */
topic_fn on_consent_asked, on_consent_asserted, on_consent_refused;
/* handlers_person.c: who is one person; handlers_mail.c: what became of mails */
topic_fn on_person_linked, on_person_merged, on_person_split, on_mail_changed;
/* routes_internal.c */
route_fn post_decide, post_subject;
/* routes_confirm.c, routes_unsubscribe.c, routes_preferences.c: people's own pages */
route_fn get_confirm, post_confirm, get_unsubscribe, post_unsubscribe, get_preferences, post_preferences;
/* routes_mydata.c, data_job.c */
route_fn get_data, post_data, get_data_link, post_data_link, get_data_download;
job_fn answer_data_asks;
/* jobs.c */
job_fn expire_opt_ins, lapse_grants, clear_idle, destroy_doomed, verify_ledger;
/* anew.c, maildir.c */
job_fn ask_anew, read_unsubscribes;
/* forget.c */
extern const struct forget_table consent_forget;
/* replay.c */
enum outcome consent_replay(struct call *call, const struct replay_entry *entry, bool *applied, struct error *err);
enum outcome consent_resync(struct call *call, struct uuid *after, bool *again, struct error *err);

#endif
