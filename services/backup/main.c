/* backup: which copies may hold a person, and when each is dark or gone. */
#include "services/backup/service.h"

int main(int argc, char **argv)
{
    return service_main(argc, argv, &backup_service);
}
