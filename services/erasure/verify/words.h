/* words: a certificate as people read it. */
#ifndef LETHE_VERIFY_WORDS_H
#define LETHE_VERIFY_WORDS_H

#include <jansson.h>
#include <stdio.h>

/* words_print: what the controller states in it. */
void words_print(const json_t *body, FILE *out);

#endif
