/* log: one JSON object a line on stderr: time, level, service, instance, what, fields. Never personal data: fields are
 * numbers, ids, names of ours and rules. Thread-safe: a line is one write(2). */
#ifndef LETHE_LOG_H
#define LETHE_LOG_H

#include <stdint.h>

#include "common/error/error.h"
#include "common/text/text.h"
#include "common/uuid/uuid.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log {
    const char *service, *instance;
    enum log_level least;
    int fd;
};

enum log_field_kind { LOG_F_END, LOG_F_INT, LOG_F_STR, LOG_F_TEXT, LOG_F_UUID, LOG_F_ERROR };
struct log_field {
    enum log_field_kind kind;
    const char *name;
    int64_t i;
    const char *s;
    struct text t;
    const struct uuid *u;
    const struct error *e;
};
#define F_INT(field, value) ((struct log_field){.kind = LOG_F_INT, .name = (field), .i = (int64_t)(value)})
#define F_STR(field, value) ((struct log_field){.kind = LOG_F_STR, .name = (field), .s = (value)})
#define F_TEXT(field, value) ((struct log_field){.kind = LOG_F_TEXT, .name = (field), .t = (value)})
#define F_UUID(field, value) ((struct log_field){.kind = LOG_F_UUID, .name = (field), .u = (value)})
#define F_NONE ((struct log_field){.kind = LOG_F_END}) /* for a line without fields: ISO C wants one argument */
#define F_ERROR(value) ((struct log_field){.kind = LOG_F_ERROR, .name = "error", .e = (value)})

void log_write(const struct log *log, enum log_level level, const char *what, const struct log_field *fields);
/* Usage: log_info(log, "partition.assigned", F_STR("topic", topic), F_INT("partition", p)); */
#define LOG_FIELDS(...) ((const struct log_field[]){__VA_ARGS__, {.kind = LOG_F_END}})
#define log_debug(log, what, ...) log_write((log), LOG_DEBUG, (what), LOG_FIELDS(__VA_ARGS__))
#define log_info(log, what, ...) log_write((log), LOG_INFO, (what), LOG_FIELDS(__VA_ARGS__))
#define log_warn(log, what, ...) log_write((log), LOG_WARN, (what), LOG_FIELDS(__VA_ARGS__))
#define log_error(log, what, ...) log_write((log), LOG_ERROR, (what), LOG_FIELDS(__VA_ARGS__))

#endif
