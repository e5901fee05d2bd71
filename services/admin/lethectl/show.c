/* show: answers as people read them. */
#include <stdio.h>
#include <string.h>

#include "services/admin/lethectl/ctl.h"

enum { WIDTH_MOST = 60, COLUMNS_MOST = 10, DEPTH_MOST = 8, NAME_MOST = 256, ROOM = 128 };

int show_raw(const struct http_answer *answer)
{
    (void)fwrite(answer->body.p, 1, answer->body.n, stdout);
    if (answer->body.n == 0 || answer->body.p[answer->body.n - 1] != '\n')
        (void)putchar('\n');
    return CTL_OK;
}

static json_t *load(const struct http_answer *answer)
{
    json_t *json = json_loadb(answer->body.p, answer->body.n, JSON_DECODE_ANY, NULL);
    if (json == NULL)
        (void)fprintf(stderr, "lethectl: the answer is no JSON\n");
    return json;
}

/* Control characters of a stored text must not drive the terminal. */
static void print_safe(const char *text)
{
    for (; *text != '\0'; text++)
        (void)putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

/* A list of names as "a, b"; of other things their number. */
static void join(const json_t *list, char *room, size_t room_n)
{
    size_t n = 0;
    room[0] = '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL || n + strlen(name) + 3 > room_n) {
            (void)snprintf(room, room_n, "%zu", json_array_size(list));
            return;
        }
        n += (size_t)snprintf(room + n, room_n - n, "%s%s", n > 0 ? ", " : "", name);
    }
}

static const char *scalar(const json_t *value, char *room, size_t room_n)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        (void)snprintf(room, room_n, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        (void)snprintf(room, room_n, "%g", json_real_value(value));
    else if (json_is_array(value))
        join(value, room, room_n);
    else
        return json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "";
    return room;
}

static const json_t *at(const json_t *item, const char *path)
{
    char name[NAME_MOST];
    while (item != NULL && path != NULL) {
        const char *dot = strchr(path, '.');
        size_t n = dot != NULL ? (size_t)(dot - path) : strlen(path);
        if (n >= sizeof name)
            return NULL;
        memcpy(name, path, n);
        name[n] = '\0';
        item = json_object_get(item, name);
        path = dot != NULL ? dot + 1 : NULL;
    }
    return item;
}

/* Characters, not bytes: UTF-8's continuation bytes take no place. */
static int width_of(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static void print_cell(const char *text, int width, bool last)
{
    print_safe(text);
    for (int i = width_of(text); !last && i < width + 2; i++)
        (void)putchar(' ');
}

int show_table(struct ctl *ctl, const struct http_answer *answer, const char *member, const struct column *columns,
               size_t n)
{
    int widths[COLUMNS_MOST] = {0};
    char room[ROOM];
    size_t i;
    json_t *row;
    if (ctl->json)
        return show_raw(answer);
    json_t *json = load(answer);
    if (json == NULL)
        return CTL_AWAY;
    const json_t *list = json_is_array(json) ? json : json_object_get(json, member);
    ENSURE(n <= COLUMNS_MOST);
    for (size_t c = 0; c < n; c++)
        widths[c] = width_of(columns[c].title);
    json_array_foreach(list, i, row)
    {
        for (size_t c = 0; c < n; c++) {
            int width = width_of(scalar(at(row, columns[c].path), room, sizeof room));
            if (width > widths[c] && width <= WIDTH_MOST)
                widths[c] = width;
        }
    }
    for (size_t c = 0; c < n; c++)
        print_cell(columns[c].title, widths[c], c + 1 == n);
    (void)putchar('\n');
    json_array_foreach(list, i, row)
    {
        for (size_t c = 0; c < n; c++)
            print_cell(scalar(at(row, columns[c].path), room, sizeof room), widths[c], c + 1 == n);
        (void)putchar('\n');
    }
    json_decref(json);
    return CTL_OK;
}

static void print_value(const char *name, const json_t *value, int depth);

static void print_members(const char *name, const json_t *object, int depth)
{
    const char *key;
    json_t *value;
    char full[NAME_MOST];
    void *entry = json_object_iter((json_t *)(uintptr_t)object);
    for (; entry != NULL; entry = json_object_iter_next((json_t *)(uintptr_t)object, entry)) {
        key = json_object_iter_key(entry);
        value = json_object_iter_value(entry);
        (void)snprintf(full, sizeof full, "%s%s%s", name, name[0] != '\0' ? "." : "", key);
        print_value(full, value, depth + 1);
    }
}

static void print_items(const char *name, const json_t *list, int depth)
{
    char full[NAME_MOST];
    for (size_t i = 0; i < json_array_size(list); i++) {
        (void)snprintf(full, sizeof full, "%s[%zu]", name, i);
        print_value(full, json_array_get(list, i), depth + 1);
    }
}

static void print_value(const char *name, const json_t *value, int depth)
{
    char room[ROOM];
    if (depth > DEPTH_MOST || json_is_null(value))
        return;
    if (json_is_object(value)) {
        print_members(name, value, depth);
    } else if (json_is_array(value)) {
        print_items(name, value, depth);
    } else {
        (void)printf("%-28s ", name);
        print_safe(scalar(value, room, sizeof room));
        (void)putchar('\n');
    }
}

int show_object(struct ctl *ctl, const struct http_answer *answer, const char *but)
{
    if (ctl->json || answer->body.n == 0)
        return show_raw(answer);
    json_t *json = load(answer);
    if (json == NULL)
        return CTL_AWAY;
    if (but != NULL)
        json_object_del(json, but);
    print_value("", json, 0);
    json_decref(json);
    return CTL_OK;
}

const char *ctl_member(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL ? value : "";
}
