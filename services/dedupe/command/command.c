/* command: lethe-dedupe COMMAND ... */
#include "services/dedupe/command/command.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"match", command_match},
    {"train", command_train},
    {"quality", command_quality},
    {"explain", command_explain},
};

static size_t find(int argc, char **argv)
{
    size_t n = sizeof(commands) / sizeof(commands[0]);

    for (size_t i = 0; argc > 1 && i < n; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return i;
    return n;
}

bool command_wanted(int argc, char **argv)
{
    return find(argc, argv) < sizeof(commands) / sizeof(commands[0]);
}

int command_run(int argc, char **argv)
{
    return commands[find(argc, argv)].run(argc - 1, argv + 1);
}
