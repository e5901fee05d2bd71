/* acts: what of upstream's acts the policy lets in; the same for Kafka and HTTP.
 * link: identify.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/intake/acts.h"

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
    "    fields: { email: { kind: email, because: x } }\n"
    "    retention: [ { id: l, keep: P24M, after: captured_at, from: event, because: x } ]\n"
    "purposes:\n"
    "  news: { title: News, ground: consent, double_opt_in: true, advertising: true, unused_after: P2Y,\n"
    "          statements: [ { version: 3, language: en, text: 'I want news' } ] }\n"
    "  orders: { title: Orders, ground: contract, advertising: false }\n"
    "holders: []\n";

struct fixture {
    struct policy *policy;
    struct crypto_key *key;
    struct arena *arena;
    struct error err;
    struct subject subject;
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

static void assert_refused(struct fixture *f, enum outcome outcome, const char *pointer, const char *rule)
{
    assert_int_equal(outcome, REFUSED);
    assert_string_equal(f->err.pointer, pointer);
    assert_string_equal(f->err.rule, rule);
}

static enum outcome consent(struct fixture *f, const char *address, const char *channel, const char *purpose,
                            int64_t statement)
{
    const struct consent_act in = {.address = text_of(address),
                                   .channel = text_of(channel),
                                   .purpose = text_of(purpose),
                                   .statement = statement,
                                   .language = TEXT("en")};

    memset(&f->subject, 0, sizeof f->subject);
    return consent_admit(f->policy, f->key, &in, f->arena, &f->subject, &f->err);
}

static void a_consent_needs_words_a_ground_and_an_address(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(consent(f, "Ada@Example.org", "email", "news", 3), DONE);
    assert_true(text_is(f->subject.address, "ada@example.org"));
    assert_refused(f, consent(f, "ada@example.org", "sms", "news", 3), "/data/channel", "not in policy");
    assert_refused(f, consent(f, "ada@example.org", "email", "olds", 3), "/data/purpose", "not in policy");
    assert_refused(f, consent(f, "ada@example.org", "email", "orders", 3), "/data/purpose", "no consent");
    assert_refused(f, consent(f, "ada@example.org", "email", "news", 4), "/data/statement", "not in policy");
    assert_refused(f, consent(f, "ada", "email", "news", 3), "/data/address", "invalid");
    assert_refused(f, consent(f, "bob@acme.example", "email", "news", 3), "/data/address", "own staff");
}

static void a_refusal_names_a_purpose_of_the_policy_or_all(void **state)
{
    struct consent_refusal in = {.address = TEXT("ada@example.org"), .purpose = TEXT("all")};
    struct fixture *f = *state;

    assert_int_equal(refusal_admit(f->policy, f->key, &in, f->arena, &f->subject, &f->err), DONE);
    in.purpose = TEXT("olds");
    assert_refused(f, refusal_admit(f->policy, f->key, &in, f->arena, &f->subject, &f->err), "/data/purpose",
                   "not in policy");
    in.purpose = TEXT_NONE, in.address = TEXT("bob@acme.example");
    assert_refused(f, refusal_admit(f->policy, f->key, &in, f->arena, &f->subject, &f->err), "/data/address",
                   "own staff");
}

static void a_shared_mailbox_alone_cannot_be_forgotten(void **state)
{
    struct forget_asked in = {.address = TEXT("info@example.org")};
    struct fixture *f = *state;

    memset(&f->subject, 0, sizeof f->subject);
    assert_refused(f, forget_admit(f->policy, f->key, &in, f->arena, &f->subject, &f->err), "/data/address",
                   "role mailbox");
    in.has_record = true, in.record = (struct record_ref){TEXT("crm"), TEXT("L-1")};
    assert_int_equal(forget_admit(f->policy, f->key, &in, f->arena, &f->subject, &f->err), DONE);
    assert_int_equal(identifiers_keys(&f->subject.ids, f->arena).n, 1);
    in = (struct forget_asked){.address = TEXT("ada@example.org")};
    memset(&f->subject, 0, sizeof f->subject);
    assert_int_equal(forget_admit(f->policy, f->key, &in, f->arena, &f->subject, &f->err), DONE);
}

static void ends_and_joins_are_of_known_sources(void **state)
{
    struct contact_removed removed = {.record = {.system = TEXT("crm")}};
    struct contact_merged merged = {.system = TEXT("crm")};
    struct fixture *f = *state;

    assert_int_equal(removed_admit(f->policy, &removed, &f->err), DONE);
    assert_int_equal(merged_admit(f->policy, &merged, &f->err), DONE);
    removed.record.system = merged.system = TEXT("nobody");
    assert_refused(f, removed_admit(f->policy, &removed, &f->err), "/data/record/system", "not in policy");
    assert_refused(f, merged_admit(f->policy, &merged, &f->err), "/data/system", "not in policy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_consent_needs_words_a_ground_and_an_address),
        cmocka_unit_test(a_refusal_names_a_purpose_of_the_policy_or_all),
        cmocka_unit_test(a_shared_mailbox_alone_cannot_be_forgotten),
        cmocka_unit_test(ends_and_joins_are_of_known_sources),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
