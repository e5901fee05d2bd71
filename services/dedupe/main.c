/* lethe-dedupe. */
#include "services/dedupe/command/command.h"
#include "services/dedupe/service.h"

int main(int argc, char **argv)
{
    return command_wanted(argc, argv) ? command_run(argc, argv) : service_main(argc, argv, &dedupe_service);
}
