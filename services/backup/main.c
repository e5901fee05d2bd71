/* backup: which copies may hold a person, and when each is dark or gone. */
#include "services/backup/service.h"
#include "services/backup/tool.h"

int main(int argc, char **argv)
{
    if (argc > 1 && tool_knows(argv[1]))
        return tool_main(argc, argv);
    return service_main(argc, argv, &backup_service);
}
