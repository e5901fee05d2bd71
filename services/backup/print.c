/* print: members of a row as JSON. */
#include "services/backup/service.h"

void print_id(struct buf *out, const char *name, struct uuid id)
{
    char text[UUID_TEXT_BYTES];

    uuid_format(&id, text);
    buf_printf(out, "\"%s\":\"%s\"", name, text);
}

void print_text(struct buf *out, const char *name, struct text value)
{
    if (value.p == NULL)
        return;
    buf_printf(out, ",\"%s\":", name);
    buf_json_string(out, value);
}

void print_time(struct buf *out, const char *name, int64_t us)
{
    char at[CLOCK_TEXT_BYTES];

    if (us == CLOCK_NONE)
        return;
    clock_format(us, at);
    print_text(out, name, text_of(at));
}
