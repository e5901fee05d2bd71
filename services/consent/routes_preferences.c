/* routes_preferences: all choices on one page, behind the token of any mail. Turning off is done at once; turning on sends a
 * link to confirm, since a mail may have been passed on. */
#include "proto/contact.h"
#include "services/consent/ask.h"
#include "services/consent/gate.h"
#include "services/consent/handlers.h"
#include "services/consent/leave.h"

/* One purpose of the policy that people have a say in. */
struct option_row {
    const struct policy_purpose *purpose;
    const struct policy_statement *statement; /* of the newest version; NULL: a soft opt-in without one */
    struct standing standing;
    struct page_choice choice;
};
struct choices {
    struct option_row *rows;
    size_t n;
    bool restricted, objected;
};

static bool has_a_say(const struct policy_purpose *purpose)
{
    return purpose->advertising || purpose->ground == GROUND_CONSENT || purpose->ground == GROUND_SOFT_OPT_IN;
}

static enum choice_state state_of(struct call *call, const struct leave *leave, const struct option_row *row)
{
    const struct standing *s = &row->standing;
    struct ground ground;

    decide_ground(s, call->policy, row->purpose, call->now_us, &ground);
    /* a grant that something else stops (a bounce, an age) is still one that can be taken back */
    if (ground.allowed || decide_stands(s))
        return CHOICE_ON;
    if (s->has_state && s->state == CONSENT_REQUESTED && ground.why == WHY_NO_CONSENT)
        return CHOICE_WAITING;
    bool by_link = policy_terms(row->purpose, s->country, s->whose).double_opt_in && row->statement != NULL;
    return by_link && !uuid_is_nil(&leave->address.vault) ? CHOICE_OFF : CHOICE_FIXED;
}

static struct page_choice choice_of(struct call *call, const struct leave *leave, const struct option_row *row)
{
    return (struct page_choice){
        .name = text_of(row->purpose->name),
        .title = text_of(row->purpose->title),
        .statement = row->statement != NULL ? text_of(row->statement->text) : TEXT(""),
        .statement_language = row->statement != NULL ? text_of(row->statement->language) : TEXT(""),
        .state = state_of(call, leave, row),
    };
}

static enum outcome load_choices(struct call *call, const struct leave *leave, struct text language,
                                 struct choices *out, struct error *err)
{
    const struct policy *policy = call->policy;
    struct standing_query *queries = ARENA_ARRAY(call->arena, policy->purposes_n + 1, struct standing_query);
    struct standing *standings = ARENA_ARRAY(call->arena, policy->purposes_n + 1, struct standing);
    struct standing all;

    *out = (struct choices){.rows = ARENA_ARRAY(call->arena, policy->purposes_n + 1, struct option_row)};
    TRY(leave_standing(call, leave, true, &all, err));
    out->restricted = all.restricted;
    out->objected = decide_objected(&all);
    for (size_t i = 0; i < policy->purposes_n; i++)
        if (has_a_say(&policy->purposes[i])) {
            queries[out->n] = (struct standing_query){.email = leave->address.email,
                                                      .wide = leave->address.wide,
                                                      .channel = TEXT("email"),
                                                      .purpose = text_of(policy->purposes[i].name)};
            out->rows[out->n++].purpose = &policy->purposes[i];
        }
    if (out->n == 0)
        return DONE;
    TRY(store_standing(call, queries, out->n, standings, err));
    for (size_t i = 0; i < out->n; i++) {
        struct option_row *row = &out->rows[i];

        row->standing = standings[i];
        row->standing.restricted = row->standing.restricted || all.restricted;
        row->statement = policy_statement(policy, row->purpose, 0, language);
        row->choice = choice_of(call, leave, row);
    }
    return DONE;
}

static void show_choices(struct call *call, const struct http_request *request, const struct leave *leave,
                         const struct choices *choices, enum page page, struct http_response *response)
{
    struct page_choice *shown = ARENA_ARRAY(call->arena, choices->n + 1, struct page_choice);

    for (size_t i = 0; i < choices->n; i++)
        shown[i] = choices->rows[i].choice;
    show(call, request,
         &(struct shown){.page = page,
                         .status = page == PAGE_WRONG     ? 404
                                   : page == PAGE_BLOCKED ? 409
                                                          : 200,
                         .language = leave->language,
                         .choices = shown,
                         .choices_n = choices->n,
                         .objected = choices->objected},
         response);
}

static struct text reader_language(struct call *call, const struct http_request *request, const struct leave *leave)
{
    struct text asked = http_query(request, "lang");

    return page_language(page_language_known(asked) ? asked : leave->language, http_header(request, "accept-language"),
                         text_of(call->policy->default_language));
}

enum outcome get_preferences(struct call *call, const struct http_request *request, struct http_response *response,
                             struct error *err)
{
    enum page page = PAGE_WRONG;
    struct choices choices = {0};
    struct leave leave;

    TRY(leave_load(call, request->params[0], false, &leave, err));
    if (leave.found) {
        TRY(load_choices(call, &leave, reader_language(call, request, &leave), &choices, err));
        page = choices.restricted ? PAGE_BLOCKED : PAGE_PREFERENCES;
    }
    show_choices(call, request, &leave, &choices, page, response);
    return DONE;
}

static enum outcome turn_on(struct call *call, const struct leave *leave, const struct option_row *row, bool *asked,
                            struct error *err)
{
    struct standing standing = row->standing;
    struct standing_query query = {.email = leave->address.email,
                                   .wide = leave->address.wide,
                                   .channel = TEXT("email"),
                                   .purpose = text_of(row->purpose->name)};
    struct wish_words words = {.purpose = row->purpose, .statement = row->statement};
    struct wish wish = {.act = call_uuid(call),
                        .address = leave->address.vault,
                        .keys = address_keys(call->arena, &query.email, &query.wide),
                        .channel = query.channel,
                        .purpose = query.purpose,
                        .source = TEXT("preferences"),
                        .statement = row->statement->version,
                        .at = call->now_us,
                        .given_by = GIVEN_BY_SUBJECT};
    struct address address = leave->address;

    address.vault = (struct uuid){{0}}; /* nothing new opens it */
    TRY(store_mailed(call, &query, &standing, err));
    enum request_plan plan =
        decide_request(&standing, row->purpose, row->statement->version, call->now_us, true, call->now_us);
    if (plan == REQUEST_RESTRICTED || plan == REQUEST_CONFIRMED)
        return DONE;
    *asked = true;
    return ask_apply(call, &wish, &words, &address, &standing, plan, err);
}

/* What the page showed and what is ticked, against what stands now: only what the reader changed is done. */
static enum outcome save_row(struct call *call, const struct http_request *request, const struct leave *leave,
                             const struct option_row *row, bool *asked, struct error *err)
{
    const char *name = row->purpose->name;
    struct text shown = http_form(request, text_format(call->arena, "shown-%s", name).p, call->arena);
    bool wanted = http_form(request, text_format(call->arena, "wanted-%s", name).p, call->arena).p != NULL;
    struct leave one = *leave;

    one.purpose = text_of(name);
    if (text_is(shown, "on") && !wanted)
        return leave_now(call, &one, false, "preferences", err);
    if (text_is(shown, "off") && wanted && row->choice.state == CHOICE_OFF)
        return turn_on(call, leave, row, asked, err);
    return DONE;
}

static enum outcome save(struct call *call, const struct http_request *request, const struct leave *leave,
                         enum page *page, struct error *err)
{
    struct text language = reader_language(call, request, leave);
    struct choices before;
    bool asked = false;

    TRY(load_choices(call, leave, language, &before, err));
    for (size_t i = 0; i < before.n; i++)
        TRY(save_row(call, request, leave, &before.rows[i], &asked, err));
    *page = asked ? PAGE_SAVED_ASKED : PAGE_SAVED;
    return DONE;
}

enum outcome post_preferences(struct call *call, const struct http_request *request, struct http_response *response,
                              struct error *err)
{
    struct text what = http_form(request, "do", call->arena);
    struct choices choices = {0};
    enum page page = PAGE_WRONG;
    struct leave leave;

    TRY(leave_load(call, request->params[0], true, &leave, err));
    if (leave.found && text_is(what, "all")) {
        TRY(leave_now(call, &leave, true, "preferences", err));
        page = PAGE_SAVED;
    } else if (leave.found && text_is(what, "lift")) {
        TRY(leave_lift(call, &leave, &page, err));
        page = page == PAGE_LIFTED ? PAGE_SAVED : page;
    } else if (leave.found) {
        TRY(save(call, request, &leave, &page, err));
    }
    if (leave.found)
        TRY(load_choices(call, &leave, reader_language(call, request, &leave), &choices, err));
    show_choices(call, request, &leave, &choices, choices.restricted ? PAGE_BLOCKED : page, response);
    return DONE;
}
