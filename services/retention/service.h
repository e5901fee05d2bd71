/* retention: nothing is kept longer than the policy can justify. */
#ifndef LETHE_RETENTION_SERVICE_H
#define LETHE_RETENTION_SERVICE_H

#include "common/service/service.h"

extern const struct service_def retention_service;

#endif
