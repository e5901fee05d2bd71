/* csv: RFC 4180, a row at a time; a field's text lives until the next row. */
#ifndef LETHE_DEDUPE_COMMAND_CSV_H
#define LETHE_DEDUPE_COMMAND_CSV_H

#include <stdio.h>

#include "common/error/error.h"
#include "common/text/text.h"

enum { CSV_FIELDS = 256, CSV_ROW_MOST = 1 << 20 };

struct csv {
    FILE *file;
    char *row; /* CSV_ROW_MOST */
    struct text fields[CSV_FIELDS];
    size_t fields_n, line;
};

enum outcome csv_open(struct csv *csv, const char *path, struct error *err) WARN_UNUSED;
void csv_close(struct csv *csv);
/* csv_next: DONE with fields_n 0 at the end. */
enum outcome csv_next(struct csv *csv, struct error *err) WARN_UNUSED;
void csv_write(FILE *out, struct text field); /* quoted where it must be */

#endif
