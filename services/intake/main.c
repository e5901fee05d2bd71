/* main of lethe-intake. */
#include "services/intake/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &intake_service);
}
