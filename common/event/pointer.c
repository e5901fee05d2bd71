/* pointer: the way down to where the reader is, as the JSON pointer of a refusal. */
#include <string.h>

#include "common/event/reader.h"

void reader_down_member(struct reader *r, struct text name)
{
    ENSURE(r->steps_n < READER_STEPS_MOST);
    r->steps[r->steps_n++] = (struct reader_step){.name = name};
}

void reader_down_item(struct reader *r, size_t index)
{
    ENSURE(r->steps_n < READER_STEPS_MOST);
    r->steps[r->steps_n++] = (struct reader_step){.index = index};
}

void reader_up(struct reader *r)
{
    r->steps_n--;
}

/* Names that came from outside stand in a pointer only where they look like names: anything else could be a value. */
static bool name_is_plain(struct text name)
{
    if (name.n == 0 || name.n > EVENT_SCALAR_NAME_MOST)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static void pointer_of(const struct reader *r, char *out, size_t room)
{
    struct buf buf;
    size_t used;

    buf_init(&buf, room - 1);
    buf_str(&buf, r->base);
    for (size_t i = 0; i < r->steps_n; i++) {
        const struct reader_step *step = &r->steps[i];

        used = buf.n;
        buf_char(&buf, '/');
        if (step->name.p == NULL)
            buf_printf(&buf, "%zu", step->index);
        else if (name_is_plain(step->name))
            buf_text(&buf, step->name);
        else {
            buf.n = used;
            break;
        }
    }
    used = buf.failed ? 0 : buf.n;
    if (used > 0)
        memcpy(out, buf.p, used);
    out[used] = 0;
    buf_free(&buf);
}

enum outcome reader_refuse(struct reader *r, const char *rule, const char *why)
{
    char pointer[sizeof r->err->pointer];

    pointer_of(r, pointer, sizeof pointer);
    return error_refuse(r->err, pointer, rule, "%s", why);
}
