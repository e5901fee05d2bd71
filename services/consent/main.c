/* main: lethe-consent. */
#include "services/consent/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &consent_service);
}
