/* gate: what tombstones mean for an act or a question. */
#include "services/consent/gate.h"

struct gate gate_decide(const struct gate_query *query, const struct forget_tombstone *stones, size_t stones_n,
                        bool record_gone)
{
    struct gate gate = {.gone = record_gone};

    for (size_t i = 0; i < stones_n; i++) {
        if (!stones[i].stands)
            continue;
        if (stones[i].restricted)
            gate.restricted = true;
        else if (query->at_us != CLOCK_NONE && query->at_us > stones[i].received_us)
            gate.returned = true;
        else if (query->at_us != CLOCK_NONE || uuid_is_nil(&query->record))
            gate.gone = true;
        /* else: a question about a record that is not forgotten: it came after */
    }
    if (gate.gone)
        gate.returned = false;
    return gate;
}
