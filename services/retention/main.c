/* lethe-retention. */
#include "services/retention/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &retention_service);
}
