/* nicknames: short forms of given names by set, embedded from nicknames/ *.txt. */
#include <stdlib.h>
#include <string.h>

#include "common/error/error.h"
#include "services/dedupe/engine/profile.h"

enum { SLOTS = 16384, SETS_OF_A_NAME = 24 };

static const char *const sets[] = {
#include "gen/nicknames.inc"
};

struct slot {
    struct word word;
    uint16_t sets[SETS_OF_A_NAME], n;
};
struct nicknames {
    char *text; /* the names, collapsed as profiles' are */
    struct slot slots[SLOTS];
};

static struct slot *slot_of(const struct nicknames *nicknames, struct word word)
{
    size_t at = word.hash % SLOTS;

    while (nicknames->slots[at].word.p != NULL && !word_equal(nicknames->slots[at].word, word))
        at = (at + 1) % SLOTS;
    return (struct slot *)(uintptr_t)&nicknames->slots[at];
}

struct nicknames *nicknames_new(void)
{
    struct nicknames *nicknames = calloc(1, sizeof(*nicknames));
    size_t room = 0;
    char *to;

    ENSURE(nicknames != NULL);
    for (size_t s = 0; s < sizeof(sets) / sizeof(sets[0]); s++)
        room += strlen(sets[s]) + 1;
    ENSURE((to = nicknames->text = malloc(room)) != NULL);
    for (size_t s = 0; s < sizeof(sets) / sizeof(sets[0]); s++) {
        for (const char *p = sets[s]; *p != '\0'; p += strspn(p, " ")) {
            size_t n = strcspn(p, " ");
            struct word word;
            struct slot *slot;
            memcpy(to, p, n);
            word = word_of((struct text){.p = to, .n = words_collapse(to, n)});
            to += n;
            slot = slot_of(nicknames, word);
            slot->word = word;
            if (slot->n < SETS_OF_A_NAME)
                slot->sets[slot->n++] = (uint16_t)s;
            p += n;
        }
    }
    return nicknames;
}

void nicknames_free(struct nicknames *nicknames)
{
    if (nicknames != NULL)
        free(nicknames->text);
    free(nicknames);
}

const uint16_t *nicknames_find(const struct nicknames *nicknames, struct word word, uint16_t *n)
{
    const struct slot *slot = slot_of(nicknames, word);

    *n = slot->n;
    return slot->n == 0 ? NULL : slot->sets;
}
