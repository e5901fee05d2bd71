/* tokens: which source may send over HTTP, and for whom it may speak.
 * link: decide.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/contact.h"
#include "services/intake/tokens.h"

/* SHA-256 of "secret" and of "other" */
#define SECRET "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
#define OTHER "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"

static void a_token_tells_its_source(void **state)
{
    struct tokens *tokens;
    struct error err;

    (void)state;
    assert_int_equal(crypto_start(&err), DONE);
    assert_int_equal(tokens_read(TEXT("# ours\nshop: " SECRET "\r\n\n web :" OTHER), &tokens, &err), DONE);
    assert_true(text_is(tokens_source(tokens, TEXT("Bearer secret")), "shop"));
    assert_true(text_is(tokens_source(tokens, TEXT("Bearer other")), "web"));
    assert_null(tokens_source(tokens, TEXT("Bearer ")).p);
    assert_null(tokens_source(tokens, TEXT("Bearer secret2")).p);
    assert_null(tokens_source(tokens, TEXT("Basic secret")).p);
    assert_null(tokens_source(tokens, TEXT_NONE).p);
    tokens_free(tokens);
}

static void a_bad_file_is_named_by_its_line(void **state)
{
    struct tokens *tokens;
    struct error err;

    (void)state;
    assert_int_equal(tokens_read(TEXT(""), &tokens, &err), REFUSED);
    assert_int_equal(tokens_read(TEXT("shop " SECRET), &tokens, &err), REFUSED);
    assert_int_equal(tokens_read(TEXT(": " SECRET), &tokens, &err), REFUSED);
    assert_int_equal(tokens_read(TEXT("shop: " SECRET "\nweb: abc"), &tokens, &err), REFUSED);
    assert_non_null(strstr(err.text, "line 2"));
}

static enum outcome admitted(const char *source, const struct event_type *type, const void *data, struct error *err)
{
    const struct event_meta meta = {.source = text_of(source)};

    return tokens_admit(TEXT("shop"), &meta, type, data, err);
}

static void a_source_speaks_for_itself_alone(void **state)
{
    struct contact_recorded recorded = {.record = {.system = TEXT("shop")}};
    struct contact_merged merged = {.system = TEXT("crm")};
    struct activity_recorded activity = {.activity = {.system = TEXT("crm")}};
    struct forget_asked forget = {.has_record = true, .record = {.system = TEXT("crm")}};
    struct error err;

    (void)state;
    assert_int_equal(admitted("urn:acme:shop", &contact_recorded_event, &recorded, &err), DONE);
    assert_int_equal(admitted("shop", &forget_requested_event, &forget, &err), DONE);
    assert_int_equal(admitted("urn:acme:web", &contact_recorded_event, &recorded, &err), REFUSED);
    assert_string_equal(err.pointer, "/source");
    recorded.record.system = TEXT("crm");
    assert_int_equal(admitted("shop", &contact_recorded_event, &recorded, &err), REFUSED);
    assert_string_equal(err.pointer, "/data/record/system");
    assert_int_equal(admitted("shop", &contact_merged_event, &merged, &err), REFUSED);
    assert_int_equal(admitted("shop", &activity_recorded_event, &activity, &err), REFUSED);
    assert_string_equal(err.rule, "token");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_tells_its_source),
        cmocka_unit_test(a_bad_file_is_named_by_its_line),
        cmocka_unit_test(a_source_speaks_for_itself_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
