/* wire_act: a row of the ledger as JSON: for operators, and for whom it is about. */
#include "proto/contact.h"
#include "services/consent/store.h"
#include "services/consent/wire.h"

void wire_act(const struct subject_row *row, struct buf *out)
{
    bool first = true;

    buf_char(out, '{');
    wire_int(out, &first, "position", row->position);
    wire_uuid(out, &first, "address", &row->address);
    wire_uuid(out, &first, "person", &row->person);
    wire_uuid(out, &first, "record", &row->record);
    wire_text(out, &first, "channel", row->channel);
    if (row->purpose.n > 0)
        wire_text(out, &first, "purpose", row->purpose);
    wire_text(out, &first, "act", text_of(consent_state_names[row->act]));
    if (row->given_by >= 0)
        wire_text(out, &first, "given_by", text_of(given_by_names[row->given_by]));
    wire_int(out, &first, "statement", row->statement);
    wire_text(out, &first, "language", row->language);
    wire_time(out, &first, "at", row->at);
    wire_time(out, &first, "recorded_at", row->recorded_at);
    wire_text(out, &first, "source", row->source);
    wire_uuid(out, &first, "evidence", &row->evidence);
    if (row->state >= 0)
        wire_text(out, &first, "state", text_of(consent_state_names[row->state]));
    buf_char(out, '}');
}
