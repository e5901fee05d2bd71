/* event_verdict: what C says to events, for the contract tests.
 *   event_verdict --types    one JSON object a line: each event type with the members of its table
 *   event_verdict < lines    a line is "NAME JSON"; the answer is "accepted JSON" (decoded and encoded again) or
 *                            "refused POINTER RULE", the pointer "-" where it is empty
 * NAME "cloudevent" asks for the envelope in structured mode; the answer to what is accepted is its data. Else NAME is
 * the type's, with ".sealed" or ".signed" behind it for the outer form of what holders exchange over Kafka. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/event/event.h"
#include "proto/contact.h"
#include "proto/events.h"

static const char *suffix_of(const struct event_type *type)
{
    if (type == &sealed_box_event)
        return ".sealed";
    return type == &signed_result_event ? ".signed" : "";
}

static const struct event_type *find_type(struct text name)
{
    char known[128];

    for (size_t i = 0; i < event_types_n; i++) {
        (void)snprintf(known, sizeof known, "%s%s", event_types[i]->name, suffix_of(event_types[i]));
        if (text_is(name, known))
            return event_types[i];
    }
    return NULL;
}

static void print_table(const struct object_type *type)
{
    (void)printf("{\"open\":%s,\"fields\":{", type->open ? "true" : "false");
    for (size_t i = 0; i < type->fields_n; i++) {
        const struct field *field = &type->fields[i];

        (void)printf("%s\"%s\":{\"required\":%s", i == 0 ? "" : ",", field->name, field->required ? "true" : "false");
        if (field->type != NULL) {
            (void)printf(",\"object\":");
            print_table(field->type);
        }
        (void)printf("}");
    }
    (void)printf("}}");
}

static int print_types(void)
{
    for (size_t i = 0; i < event_types_n; i++) {
        const struct event_type *type = event_types[i];

        (void)printf("{\"name\":\"%s%s\",\"type\":\"%s\",\"topic\":", type->name, suffix_of(type), type->name);
        (void)printf(type->topic == NULL ? "null%s" : "\"%s\"", type->topic == NULL ? "" : type->topic);
        (void)printf(",\"data\":");
        print_table(type->data);
        (void)printf("}\n");
    }
    return 0;
}

/* What was accepted comes out of encode, and must come out the same once more. */
static void answer(const struct event_type *type, struct text json, struct arena *arena, struct buf *first,
                   struct buf *second)
{
    struct error err = {0};
    void *event = NULL;

    if (event_decode(type->data, json, arena, &event, &err) != DONE) {
        (void)printf("refused %s %s\n", err.pointer[0] == 0 ? "-" : err.pointer, err.rule);
        return;
    }
    event_encode(type->data, event, first);
    if (event_decode(type->data, buf_view(first), arena, &event, &err) != DONE) {
        (void)printf("broken its own encoding is refused: %s %s\n", err.pointer, err.rule);
        return;
    }
    event_encode(type->data, event, second);
    (void)printf("%s %.*s\n", text_equal(buf_view(first), buf_view(second)) ? "accepted" : "broken",
                 TEXT_ARGS(buf_view(first)));
}

static void answer_envelope(struct text json, struct arena *arena)
{
    struct cloud_event event;
    struct error err = {0};

    if (cloud_event_from_json(json, arena, &event, &err) == DONE)
        (void)printf("accepted %.*s\n", TEXT_ARGS(event.data));
    else
        (void)printf("refused %s %s\n", err.pointer[0] == 0 ? "-" : err.pointer, err.rule);
}

static void answer_line(struct text line, struct arena *arena, struct buf *first, struct buf *second)
{
    const char *space = memchr(line.p, ' ', line.n);
    struct text name = {.p = line.p, .n = space == NULL ? line.n : (size_t)(space - line.p)}, json;
    const struct event_type *type = find_type(name);

    if (space == NULL) {
        (void)printf("unknown\n");
        return;
    }
    json = (struct text){.p = space + 1, .n = line.n - name.n - 1};
    if (text_is(name, "cloudevent"))
        answer_envelope(json, arena);
    else if (type == NULL)
        (void)printf("unknown\n");
    else
        answer(type, json, arena, first, second);
}

int main(int argc, char **argv)
{
    struct arena *arena;
    struct buf first, second;
    char *line = NULL;
    size_t room = 0;
    ssize_t n;

    if (argc == 2 && strcmp(argv[1], "--types") == 0)
        return print_types();
    if (argc != 1) {
        (void)fprintf(stderr, "usage: event_verdict [--types]\n");
        return 2;
    }
    arena = arena_new();
    buf_init(&first, (size_t)4 * EVENT_BYTES_MOST);
    buf_init(&second, (size_t)4 * EVENT_BYTES_MOST);
    while ((n = getline(&line, &room, stdin)) > 0) {
        n -= line[n - 1] == '\n';
        answer_line((struct text){.p = line, .n = (size_t)n}, arena, &first, &second);
        buf_reset(&first);
        buf_reset(&second);
        arena_reset(arena, EVENT_BYTES_MOST);
    }
    free(line);
    buf_free(&first);
    buf_free(&second);
    arena_free(arena);
    return 0;
}
