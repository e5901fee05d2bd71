/* lethe-dedupe. */
#include "services/dedupe/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &dedupe_service);
}
