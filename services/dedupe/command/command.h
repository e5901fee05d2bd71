/* command: what lethe-dedupe does besides serving: the engine over files, in one process, without the stack. */
#ifndef LETHE_DEDUPE_COMMAND_COMMAND_H
#define LETHE_DEDUPE_COMMAND_COMMAND_H

#include <stdbool.h>

/* command_wanted: is argv[1] one of ours? command_run: its exit code. */
bool command_wanted(int argc, char **argv);
int command_run(int argc, char **argv);

int command_match(int argc, char **argv);
int command_train(int argc, char **argv);
int command_quality(int argc, char **argv);
int command_explain(int argc, char **argv);

#endif
