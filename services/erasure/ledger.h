/* ledger: what a restore must not undo is told the ledger outside the databases (common/ledger): noted in the transaction
 * that orders it, appended and synced right after its commit. */
#ifndef LETHE_ERASURE_LEDGER_H
#define LETHE_ERASURE_LEDGER_H

#include "common/service/service.h"

/* ledger_id: an order's id: the same order about the same request is one. */
struct uuid ledger_id(const struct event_type *type, const struct uuid *about);
/* ledger_note: in the call's transaction; data is a struct of the type. Its failure comes out of the commit. */
void ledger_note(struct call *call, const struct event_type *type, const struct uuid *about, const void *data);
/* ledger_wait: commits (the call is left without a transaction), and waits until the order stands in the ledger, synced: before anybody is told that it is taken. */
enum outcome ledger_wait(struct call *call, const struct event_type *type, const struct uuid *about,
                         struct error *err) WARN_UNUSED;

job_fn run_ledger;

#endif
