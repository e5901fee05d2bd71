/* lethe-erasure: subject requests, and the road of a forget to every service and holder. */
#include "services/erasure/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &erasure_service);
}
