/* ledger/line: lines as the file's reader needs them. Internal to the module. */
#ifndef LETHE_LEDGER_LINE_H
#define LETHE_LEDGER_LINE_H

#include "common/ledger/ledger.h"

/* line_parse: the entry's texts are views into the line. */
bool line_parse(struct text line, struct ledger_entry *entry, uint8_t hash[LEDGER_HASH_BYTES]);
/* line_follows: is it the mark's successor, by number and by chain? The line is written to and put back. */
bool line_follows(char *line, size_t n, const struct ledger_mark *before, const struct ledger_entry *entry,
                  const uint8_t hash[LEDGER_HASH_BYTES]);

#endif
