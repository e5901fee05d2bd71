/* keys: the blocking keys of a profile. Each survives another kind of mistake: a new address, a misspelt name, names that
 * changed places, a moved phone. Those that much of a large data set would share hold a second thing, too. */
#include "services/dedupe/engine/profile.h"

#include <string.h>

enum key {
    BY_MAIL = BLOCK_BY_MAIL,
    BY_PHONE = BLOCK_BY_PHONE,
    BY_BIRTH_GIVEN,
    BY_BIRTH_FAMILY,
    BY_BIRTH_PLACE,
    BY_FAMILY_PLACE,
    BY_GIVEN_PLACE,
    BY_NAMES,
    BY_NAMES_CITY,
    BY_NAMES_HOUSE,
    BY_STREET_PLACE,
    BY_STREET_FAMILY,
    BY_STREET_GIVEN,
    BY_LETTERS_PLACE,
    BY_LETTERS_STREET,
    BY_BIRTH_STREET,
    BY_HOME,
};

static void add(uint64_t out[BLOCK_KEYS], size_t *n, enum key key, uint64_t a, uint64_t b)
{
    uint64_t value = (mix64(mix64((uint64_t)key, a), b) & ~(uint64_t)BLOCK_KIND) | (uint64_t)key;

    if (a == 0 || b == 0)
        return;
    for (size_t i = 0; i < *n; i++)
        if (out[i] == value)
            return;
    if (*n < BLOCK_KEYS)
        out[(*n)++] = value;
}

static uint64_t hash_of(struct word word)
{
    return word.p == NULL ? 0 : hash64(word.p, word.n);
}

static uint64_t sound_of(const struct name *name)
{
    return name->n == 0 ? 0 : word_sound(name->words[0]);
}

/* Both names' sounds whatever their order, as forms are filled in the wrong way round. */
static uint64_t sounds_of(const struct profile *p)
{
    uint64_t a = sound_of(&p->given), b = sound_of(&p->family);

    return a == 0 || b == 0 ? 0 : a < b ? a << 32 | b : b << 32 | a;
}

/* What a street is called, not what kind it is: its first word that is no short form of a kind, or its longest. */
static uint64_t street_called(const struct profile *p, bool longest)
{
    struct word found = {0};

    for (uint8_t i = 0; i < p->street_n; i++)
        if (p->street[i].n > found.n && (longest || found.n < 3))
            found = p->street[i];
    return found.n < 3 ? 0 : word_sound(found);
}

static uint64_t beginning(struct word word, uint16_t letters)
{
    return word.p == NULL ? 0 : hash64(word.p, word.n < letters ? word.n : letters) | 1;
}

static struct word first_of_street(const struct profile *p)
{
    const struct word none = {0};

    return p->street_n == 0 ? none : p->street[0];
}

static uint64_t letters_of(const struct name *name, uint16_t letters)
{
    return name->n == 0 ? 0 : beginning(name->words[0], letters);
}

size_t profile_keys(const struct profile *p, uint64_t out[BLOCK_KEYS])
{
    size_t n = 0;
    uint64_t given = sound_of(&p->given), family = sound_of(&p->family), names = sounds_of(p);
    uint64_t birth = p->birth_n == 0 ? 0 : hash64(p->birth, p->birth_n);
    uint64_t place = hash_of(p->postcode), city = hash_of(p->city), street = street_called(p, false);
    uint64_t house = hash_of(p->house), home = street == 0 || house == 0 ? 0 : mix64(street, house);

    if (place == 0)
        place = city;
    add(out, &n, BY_MAIL, p->mail, 1);
    add(out, &n, BY_PHONE, hash_of(p->phone), 1);
    add(out, &n, BY_BIRTH_GIVEN, birth, given);
    add(out, &n, BY_BIRTH_FAMILY, birth, family);
    add(out, &n, BY_BIRTH_PLACE, birth, place);
    add(out, &n, BY_FAMILY_PLACE, family, place);
    add(out, &n, BY_GIVEN_PLACE, given, place);
    add(out, &n, BY_NAMES, names, 1);
    add(out, &n, BY_NAMES_CITY, names, city);
    add(out, &n, BY_NAMES_HOUSE, names, house);
    add(out, &n, BY_STREET_PLACE, home, place);
    add(out, &n, BY_STREET_FAMILY, home, family);
    add(out, &n, BY_STREET_GIVEN, home, given);
    add(out, &n, BY_BIRTH_STREET, birth, street);
    add(out, &n, BY_HOME, house, street_called(p, true));
    add(out, &n, BY_LETTERS_PLACE, letters_of(&p->given, 2) * letters_of(&p->family, 2), place);
    add(out, &n, BY_LETTERS_STREET, letters_of(&p->given, 2) * beginning(first_of_street(p), 3), beginning(p->city, 3));
    return n;
}
