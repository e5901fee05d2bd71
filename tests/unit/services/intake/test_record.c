/* record: the policy's filter, and that each field ends with the newest word about it whatever came in which order.
 * link: admit.c state.c identify.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/intake/record.h"

static const char yaml[] =
    "controller: { name: acme, title: Acme, sender: 'A <a@acme.example>', complaint: X, language: en,\n"
    "              own_domains: [acme.example] }\n"
    "forget: { hold: PT0S, answer_within: P1M, extension: P2M, tombstone_keep: P10Y, request_keep: P3Y }\n"
    "quarantine_keep: P7D\n"
    "opt_in_valid: P7D\n"
    "consent_proof: P3Y\n"
    "resend_unknown_confirmations: true\n"
    "sources:\n"
    "  crm: { verification: none, subject_acts: false, forgets_per_hour: 20, region: DE }\n"
    "categories:\n"
    "  lead:\n"
    "    unnamed: drop\n"
    "    fields:\n"
    "      given_name: { kind: text, because: x }\n"
    "      family_name: { kind: surname, because: x }\n"
    "      email: { kind: email, because: x }\n"
    "      phone: { kind: phone, because: x }\n"
    "      city: { kind: text, most: 8, because: x }\n"
    "      country: { kind: country, because: x }\n"
    "    retention: [ { id: l, keep: P24M, after: captured_at, from: event, because: x } ]\n"
    "  strict:\n"
    "    unnamed: refuse\n"
    "    fields:\n"
    "      email: { kind: email, because: x }\n"
    "      since: { kind: date, because: x }\n"
    "    retention: [ { id: s, keep: P24M, after: since, from: event, because: x },\n"
    "                 { id: t, keep: P24M, after: captured_at, from: event, because: x } ]\n"
    "purposes: {}\n"
    "holders: []\n";

struct fixture {
    struct policy *policy;
    struct crypto_key *key;
    struct arena *arena;
    struct error err;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct buf mistakes;

    memset(&f, 0, sizeof f);
    if (crypto_start(&f.err) != DONE)
        return -1;
    buf_init(&mistakes, 4096);
    if (policy_read((struct text){yaml, sizeof yaml - 1}, &f.policy, &mistakes, &f.err) != DONE) {
        print_message("%.*s\n", (int)mistakes.n, mistakes.p);
        return -1;
    }
    buf_free(&mistakes);
    f.key = crypto_key_new((const uint8_t[32]){1, 2, 3});
    f.arena = arena_new();
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    if (f == NULL)
        return 0;
    policy_release(f->policy);
    crypto_key_free(f->key);
    arena_free(f->arena);
    return 0;
}

/* ---- making events ----------------------------------------------------------------------------------------------------- */

struct pair {
    const char *name, *value; /* value NULL: null */
};

static struct contact_recorded event_of(struct fixture *f, int64_t version, bool patch, const char *category,
                                        const struct pair *pairs, size_t n)
{
    struct contact_recorded in = {
        .record = {.system = TEXT("crm"), .id = TEXT("L-1"), .version = {VERSION_NUMBER, version}},
        .change = patch ? CHANGE_PATCH : CHANGE_FULL,
        .category = text_of(category),
        .provenance = {.channel = TEXT("form"),
                       .location = text_format(f->arena, "v%d", (int)version),
                       .captured_at = SECONDS(version),
                       .act = ACT_IMPORT},
    };

    in.fields.items = ARENA_ARRAY(f->arena, n, struct scalar);
    for (size_t i = 0; i < n; i++)
        in.fields.items[in.fields.n++] = (struct scalar){.name = text_of(pairs[i].name),
                                                         .kind = pairs[i].value == NULL ? SCALAR_NULL : SCALAR_TEXT,
                                                         .value = text_of(pairs[i].value)};
    return in;
}

static struct change admitted(struct fixture *f, const struct contact_recorded *in)
{
    struct change change;

    assert_int_equal(change_admit(f->policy, in, f->arena, &change, &f->err), DONE);
    return change;
}

static enum outcome admit(struct fixture *f, const char *category, const struct pair *pairs, size_t n,
                          struct change *change)
{
    struct contact_recorded in = event_of(f, 1, false, category, pairs, n);

    return change_admit(f->policy, &in, f->arena, change, &f->err);
}

static const char *value_of(const struct record_state *state, const char *name)
{
    static char out[64];

    for (size_t i = 0; i < state->n; i++)
        if (strcmp(state->entries[i].field->name, name) == 0 && state->entries[i].value.kind != SCALAR_NULL) {
            memcpy(out, state->entries[i].value.value.p, state->entries[i].value.value.n);
            out[state->entries[i].value.value.n] = '\0';
            return out;
        }
    return NULL;
}

/* ---- the policy's filter -------------------------------------------------------------------------------------------------- */

static void what_the_policy_does_not_name_is_dropped_and_counted(void **state)
{
    const struct pair pairs[] = {{"email", "ada@example.org"}, {"marital_status", "x"}, {"age", "36"}};
    struct change change;

    assert_int_equal(admit(*state, "lead", pairs, 3, &change), DONE);
    assert_int_equal(change.n, 1);
    assert_int_equal(change.dropped, 2);
}

static void or_refused_where_the_category_says_so(void **state)
{
    const struct pair pairs[] = {{"email", "ada@example.org"}, {"age", "36"}};
    struct fixture *f = *state;
    struct change change;

    assert_int_equal(admit(f, "strict", pairs, 2, &change), REFUSED);
    assert_string_equal(f->err.pointer, "/data/fields/age");
    assert_string_equal(f->err.rule, "not in policy");
}

static void unknown_categories_and_sources_are_refused(void **state)
{
    struct fixture *f = *state;
    struct contact_recorded in = event_of(f, 1, false, "nobody", NULL, 0);
    struct change change;

    assert_int_equal(change_admit(f->policy, &in, f->arena, &change, &f->err), REFUSED);
    assert_string_equal(f->err.pointer, "/data/category");
    in = event_of(f, 1, false, "lead", NULL, 0);
    in.record.system = TEXT("elsewhere");
    assert_int_equal(change_admit(f->policy, &in, f->arena, &change, &f->err), REFUSED);
    assert_string_equal(f->err.pointer, "/data/record/system");
}

static void own_staff_are_no_persons_here(void **state)
{
    const struct pair pairs[] = {{"email", "Bob@ACME.example"}};
    struct fixture *f = *state;
    struct change change;

    assert_int_equal(admit(f, "lead", pairs, 1, &change), REFUSED);
    assert_string_equal(f->err.rule, "own staff");
}

static void long_and_mistyped_values_are_refused(void **state)
{
    const struct pair pairs[] = {{"city", "Llanfairpwllgwyngyll"}};
    struct fixture *f = *state;
    struct contact_recorded in = event_of(f, 1, false, "lead", NULL, 0);
    struct scalar number = {.name = TEXT("email"), .kind = SCALAR_NUMBER, .value = TEXT("7")};
    struct change change;

    assert_int_equal(admit(f, "lead", pairs, 1, &change), REFUSED);
    assert_string_equal(f->err.rule, "too long");
    in.fields = (struct scalar_list){&number, 1};
    assert_int_equal(change_admit(f->policy, &in, f->arena, &change, &f->err), REFUSED);
    assert_string_equal(f->err.rule, "type");
}

/* ---- order ---------------------------------------------------------------------------------------------------------------- */

enum { CHANGES = 5 };

static void make_changes(struct fixture *f, struct change out[CHANGES], struct contact_recorded in[CHANGES])
{
    const struct pair full3[] = {{"given_name", "Ada"}, {"email", "three@example.org"}, {"city", "Paris"}};
    const struct pair patch5[] = {{"phone", "555"}, {"city", NULL}};
    const struct pair full4[] = {{"given_name", "Ada"}, {"email", "four@example.org"}, {"city", "Rome"}};
    const struct pair patch6[] = {{"email", "six@example.org"}};
    const struct pair patch2[] = {{"family_name", "Byron"}, {"email", "two@example.org"}};

    in[0] = event_of(f, 3, false, "lead", full3, 3);
    in[1] = event_of(f, 5, true, "lead", patch5, 2);
    in[2] = event_of(f, 4, false, "lead", full4, 3);
    in[3] = event_of(f, 6, true, "lead", patch6, 1);
    in[4] = event_of(f, 2, true, "lead", patch2, 2);
    for (size_t i = 0; i < CHANGES; i++)
        out[i] = admitted(f, &in[i]);
}

/* Through the sealed text between any two changes, as it is in life. */
static void reseal(struct fixture *f, struct record_state *state)
{
    struct buf text;
    struct text copy;

    buf_init(&text, 1 << 20);
    state_encode(state, &text);
    assert_false(text.failed);
    copy = text_copy(f->arena, buf_view(&text));
    buf_free(&text);
    if (state_decode(f->policy, copy, f->arena, state, &f->err) != DONE)
        fail_msg("%s %s: %.*s", f->err.pointer, f->err.rule, (int)copy.n, copy.p);
}

static void check_end(const struct record_state *state)
{
    assert_string_equal(value_of(state, "given_name"), "Ada");
    assert_string_equal(value_of(state, "email"), "six@example.org");
    assert_string_equal(value_of(state, "phone"), "555");
    assert_null(value_of(state, "city"));        /* cleared at 5, after the full change 4 */
    assert_null(value_of(state, "family_name")); /* said at 2, and 4 says all there is */
    assert_int_equal(state->version, 6);
    assert_int_equal(state->full, 4);
    for (size_t i = 0; i < state->n; i++) {
        char want[3] = {'v', (char)('0' + state->entries[i].version), '\0'};
        assert_true(state->entries[i].from < state->provenance_n);
        assert_true(text_is(state->provenance[state->entries[i].from].location, want));
    }
}

static void run_order(struct fixture *f, const struct change *changes, const size_t *order)
{
    struct record_state state;

    for (size_t i = 0; i < CHANGES; i++) {
        const struct change *change = &changes[order[i]];
        if (i == 0)
            state_begin(&state, TEXT("crm"), TEXT("L-1"), change, f->arena);
        else
            (void)state_apply(&state, change, f->arena);
        reseal(f, &state);
        assert_false(state_apply(&state, change, f->arena)); /* the same again changes nothing */
    }
    check_end(&state);
}

static void permute(struct fixture *f, const struct change *changes, size_t *order, size_t at)
{
    if (at == CHANGES) {
        run_order(f, changes, order);
        return;
    }
    for (size_t i = at; i < CHANGES; i++) {
        size_t was = order[at];
        order[at] = order[i];
        order[i] = was;
        permute(f, changes, order, at + 1);
        order[i] = order[at];
        order[at] = was;
    }
}

static void every_order_of_changes_ends_alike(void **state)
{
    struct fixture *f = *state;
    struct change changes[CHANGES];
    struct contact_recorded in[CHANGES];
    size_t order[CHANGES] = {0, 1, 2, 3, 4};

    make_changes(f, changes, in);
    permute(f, changes, order, 0);
}

static void old_changes_are_told_from_the_row_alone(void **state)
{
    struct fixture *f = *state;
    struct contact_recorded full = event_of(f, 5, false, "lead", NULL, 0),
                            patch = event_of(f, 5, true, "lead", NULL, 0);
    struct change a = admitted(f, &full), b = admitted(f, &patch);

    assert_true(state_is_old(5, &a));
    assert_true(state_is_old(7, &b));
    assert_false(state_is_old(4, &a));
    assert_false(state_is_old(VERSION_ABSENT, &a));
    assert_false(state_needs_old(4, 4, &a)); /* newer than everything: it replaces all */
    assert_true(state_needs_old(9, 4, &a));  /* a newer patch stays */
    assert_true(state_needs_old(4, 4, &b));
}

static void another_category_keeps_what_it_names(void **state)
{
    const struct pair lead[] = {{"given_name", "Ada"}, {"email", "ada@example.org"}};
    const struct pair strict[] = {{"since", "2026-01-02"}};
    struct fixture *f = *state;
    struct contact_recorded one = event_of(f, 1, false, "lead", lead, 2),
                            two = event_of(f, 2, true, "strict", strict, 1);
    struct change a = admitted(f, &one), b = admitted(f, &two);
    struct record_state s;
    struct named_date_list dates;

    state_begin(&s, TEXT("crm"), TEXT("L-1"), &a, f->arena);
    assert_true(state_apply(&s, &b, f->arena));
    reseal(f, &s);
    assert_null(value_of(&s, "given_name"));
    assert_string_equal(value_of(&s, "email"), "ada@example.org");
    dates = state_dates(&s, f->arena);
    assert_int_equal(dates.n, 1);
    assert_true(text_is(dates.items[0].name, "since"));
}

/* ---- identifiers ------------------------------------------------------------------------------------------------------------ */

static struct identifiers ids_of(struct fixture *f, const struct pair *pairs, size_t n)
{
    struct contact_recorded in = event_of(f, 1, false, "lead", pairs, n);
    struct change change = admitted(f, &in);
    struct identifiers ids;

    identifiers_of(change.entries, change.n, "DE", f->key, f->arena, &ids);
    return ids;
}

static void spellings_of_one_address_have_one_index(void **state)
{
    const struct pair a[] = {{"email", "Ada@Example.ORG"}, {"phone", "030 901820"}, {"family_name", "Lovelace"}};
    const struct pair b[] = {{"email", " ada@example.org"}, {"phone", "+49 30 901820"}, {"family_name", "LOVELACE"}};
    struct identifiers x = ids_of(*state, a, 3), y = ids_of(*state, b, 3);

    assert_false(hash_is_none(&x.email));
    assert_true(hash_equal(&x.email, &y.email));
    assert_true(hash_equal(&x.phone, &y.phone));
    assert_true(hash_equal(&x.phone_surname, &y.phone_surname));
    assert_false(hash_equal(&x.phone, &x.phone_surname));
}

static void a_role_mailbox_links_nobody(void **state)
{
    const struct pair pairs[] = {{"email", "info@example.org"}};
    struct fixture *f = *state;
    struct identifiers ids = ids_of(f, pairs, 1);

    assert_true(ids.role_mailbox);
    assert_int_equal(identifiers_keys(&ids, f->arena).n, 0);
}

static void what_is_no_address_is_kept_without_an_index(void **state)
{
    const struct pair pairs[] = {{"email", "nobody"}, {"phone", "call me"}};
    struct identifiers ids = ids_of(*state, pairs, 2);

    assert_true(hash_is_none(&ids.email));
    assert_true(hash_is_none(&ids.phone));
}

static void a_newer_patch_counts_without_any_field(void **state)
{
    const struct pair pairs[] = {{"email", "ada@example.org"}};
    struct fixture *f = *state;
    struct contact_recorded first = event_of(f, 3, false, "lead", pairs, 1),
                            empty = event_of(f, 5, true, "lead", NULL, 0);
    struct contact_recorded old = event_of(f, 4, true, "lead", NULL, 0);
    struct change a = admitted(f, &first), b = admitted(f, &empty), c = admitted(f, &old);
    struct record_state s;

    state_begin(&s, TEXT("crm"), TEXT("L-1"), &a, f->arena);
    assert_true(state_apply(&s, &b, f->arena));
    assert_int_equal(s.version, 5);
    assert_int_equal(s.captured_at, SECONDS(5));
    assert_int_equal(s.n, 1);
    assert_false(state_apply(&s, &b, f->arena));
    assert_false(state_apply(&s, &c, f->arena));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_policy_does_not_name_is_dropped_and_counted),
        cmocka_unit_test(or_refused_where_the_category_says_so),
        cmocka_unit_test(unknown_categories_and_sources_are_refused),
        cmocka_unit_test(own_staff_are_no_persons_here),
        cmocka_unit_test(long_and_mistyped_values_are_refused),
        cmocka_unit_test(every_order_of_changes_ends_alike),
        cmocka_unit_test(old_changes_are_told_from_the_row_alone),
        cmocka_unit_test(another_category_keeps_what_it_names),
        cmocka_unit_test(spellings_of_one_address_have_one_index),
        cmocka_unit_test(a_role_mailbox_links_nobody),
        cmocka_unit_test(a_newer_patch_counts_without_any_field),
        cmocka_unit_test(what_is_no_address_is_kept_without_an_index),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
