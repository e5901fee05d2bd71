/* pages_data: what the pages of "my data" hold. Pure. */
#ifndef LETHE_CONSENT_PAGES_DATA_H
#define LETHE_CONSENT_PAGES_DATA_H

#include "common/event/event.h"
#include "services/consent/pages.h"

/* One act of the ledger, as people read it. */
struct data_act {
    const char *at;      /* the day */
    int act;             /* enum consent_state */
    struct text purpose; /* a title; "": all advertising */
};
struct data_record {
    struct text category, system;
    struct scalar_list fields;
};
struct data_view {
    bool
        missed; /* a form came without what it needs: PAGE_DATA no address, PAGE_DATA_PROOF a wrong fact, PAGE_DATA_YOURS no tick */
    const struct data_act *acts;
    size_t acts_n;
    const struct data_record *records;
    size_t records_n;
    struct text token; /* of the page: what is beside it is linked to */
};
page_body page_data_ask, page_data_proof, page_data_yours; /* of: struct data_view */

#endif
