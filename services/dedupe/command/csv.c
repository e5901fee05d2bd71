/* csv: reading and writing rows. */
#include "services/dedupe/command/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum outcome csv_open(struct csv *csv, const char *path, struct error *err)
{
    memset(csv, 0, sizeof(*csv));
    csv->file = fopen(path, "re");
    if (csv->file == NULL)
        return error_refuse(err, "", "file", "cannot read it: %s", strerror(errno));
    ENSURE((csv->row = malloc(CSV_ROW_MOST)) != NULL);
    return DONE;
}

void csv_close(struct csv *csv)
{
    if (csv->file != NULL)
        fclose(csv->file);
    free(csv->row);
    memset(csv, 0, sizeof(*csv));
}

static int end_field(struct csv *csv, size_t from, size_t until)
{
    if (csv->fields_n == CSV_FIELDS)
        return -1;
    csv->fields[csv->fields_n++] = text_trim((struct text){.p = csv->row + from, .n = until - from});
    return 0;
}

enum outcome csv_next(struct csv *csv, struct error *err)
{
    size_t n = 0, from = 0;
    bool quoted = false, any = false;
    int c;

    csv->fields_n = 0;
    csv->line++;
    while ((c = getc_unlocked(csv->file)) != EOF) {
        if (n + 1 >= CSV_ROW_MOST)
            return error_refuse(err, "", "too long", "row %zu is longer than a mebibyte", csv->line);
        any = true;
        if (quoted && c == '"') {
            int next = getc_unlocked(csv->file);
            if (next == '"') {
                csv->row[n++] = '"';
                continue;
            }
            quoted = false;
            if (next == EOF)
                break;
            c = next;
        } else if (quoted) {
            csv->row[n++] = (char)c;
            continue;
        }
        if (c == '"' && n == from) {
            quoted = true;
        } else if (c == ',' || c == '\n') {
            if (end_field(csv, from, n) != 0)
                return error_refuse(err, "", "too many", "row %zu has more than %d fields", csv->line, CSV_FIELDS);
            from = n;
            if (c == '\n')
                return DONE;
        } else if (c != '\r') {
            csv->row[n++] = (char)c;
        }
    }
    if (any && end_field(csv, from, n) != 0)
        return error_refuse(err, "", "too many", "row %zu has more than %d fields", csv->line, CSV_FIELDS);
    return ferror(csv->file) ? error_refuse(err, "", "file", "row %zu cannot be read", csv->line) : DONE;
}

void csv_write(FILE *out, struct text field)
{
    bool plain = true;

    for (size_t i = 0; i < field.n && plain; i++)
        plain = field.p[i] != '"' && field.p[i] != ',' && field.p[i] != '\n' && field.p[i] != '\r';
    if (plain) {
        fwrite(field.p, 1, field.n, out);
        return;
    }
    putc('"', out);
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"')
            putc('"', out);
        putc(field.p[i], out);
    }
    putc('"', out);
}
