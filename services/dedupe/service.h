/* dedupe: one person for each human being. */
#ifndef LETHE_DEDUPE_SERVICE_H
#define LETHE_DEDUPE_SERVICE_H

#include "common/service/service.h"

extern const struct service_def dedupe_service;

#endif
