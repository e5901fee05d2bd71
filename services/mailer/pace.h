/* pace: which relay takes the next mail, and when a mail may leave at all: weights, rates and what is down. One for the
 * process; safe from all threads; time is given. */
#ifndef LETHE_MAILER_PACE_H
#define LETHE_MAILER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "services/mailer/relays.h"

struct pace;

struct pace *pace_new(const struct relays *relays); /* borrowed */
void pace_free(struct pace *pace);

/* pace_allowance: how many mails the relays would take now, at most `most`; 0: all are at their rate, or down. One that was
 * down is tried with a single mail. */
size_t pace_allowance(struct pace *pace, size_t most, int64_t now_us);
/* pace_relay: the relay for one more mail, by weight, among those that `free` marks (room for a connection), that aren't
 * down and have the rate for it, which is taken from it. -1: none. */
int pace_relay(struct pace *pace, const bool *free, int64_t now_us);
/* pace_down, pace_up: it couldn't be reached or refuses us: 1 s, 2 s, ... 60 s nothing goes there; it took a mail. */
void pace_down(struct pace *pace, size_t relay, int64_t now_us);
void pace_up(struct pace *pace, size_t relay);

/* pace_domain: which limited domain an address has; -1: none. */
int pace_domain(const struct pace *pace, struct text address);
/* pace_slot: when the next mail to that domain may leave; the slot is taken. now_us: at once. Slots follow one another at
 * the domain's rate, so whoever comes back at its slot goes through. */
int64_t pace_slot(struct pace *pace, int domain, int64_t now_us);
/* pace_enter, pace_leave: one of the domain's connections. -1 always enters. */
bool pace_enter(struct pace *pace, int domain);
void pace_leave(struct pace *pace, int domain);

#endif
