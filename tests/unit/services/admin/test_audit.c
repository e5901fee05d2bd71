/* The audit chain: its bytes stand still, and no change of a row goes unseen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "services/admin/audit.h"

static struct audit_row example(void)
{
    struct audit_row row = {.seq = 7,
                            .at_us = INT64_C(1763629200000001),
                            .action = TEXT("request.create"),
                            .detail = TEXT(""),
                            .outcome = TEXT("asked")};
    assert_true(uuid_parse(TEXT("01890a5d-ac96-774b-bcce-b302099a8057"), &row.operator_id));
    return row;
}

/* sha256 of the lines that README.md names, made with coreutils. */
static void test_known(void **state)
{
    (void)state;
    const uint8_t zero[AUDIT_HASH_BYTES] = {0};
    uint8_t hash[AUDIT_HASH_BYTES], wanted[AUDIT_HASH_BYTES];
    struct audit_row row = example();
    audit_hash(zero, &row, hash);
    assert_true(
        text_from_hex(TEXT("ef02e0639327e67a3ee7186ba447c20d4a9908881f826d44e34a07ec2219f01f"), wanted, sizeof wanted));
    assert_memory_equal(hash, wanted, sizeof hash);
}

static void test_every_member_counts(void **state)
{
    (void)state;
    uint8_t previous[AUDIT_HASH_BYTES] = {1}, other[AUDIT_HASH_BYTES] = {2};
    uint8_t first[AUDIT_HASH_BYTES], second[AUDIT_HASH_BYTES];
    struct audit_row row = example();
    audit_hash(previous, &row, first);
    audit_hash(other, &row, second);
    assert_memory_not_equal(first, second, sizeof first);
    for (int member = 0; member < 7; member++) {
        struct audit_row changed = example();
        switch (member) {
        case 0:
            changed.seq++;
            break;
        case 1:
            changed.at_us++;
            break;
        case 2:
            changed.operator_id.b[15] ^= 1;
            break;
        case 3:
            changed.action = TEXT("request.cancel");
            break;
        case 4:
            changed.object = row.operator_id;
            break;
        case 5:
            changed.detail = TEXT("x");
            break;
        default:
            changed.outcome = TEXT("202");
            break;
        }
        audit_hash(previous, &changed, second);
        if (memcmp(first, second, sizeof first) == 0)
            fail_msg("member %d isn't covered", member);
    }
}

static void test_texts(void **state)
{
    (void)state;
    assert_true(audit_text_ok(TEXT("")));
    assert_true(audit_text_ok(TEXT("email+fields")));
    assert_false(audit_text_ok(TEXT_NONE));
    assert_false(audit_text_ok(TEXT("ann@example.com")));
    assert_false(audit_text_ok(TEXT("two words")));
    assert_false(audit_text_ok(TEXT("line\nbreak")));
    char longer[AUDIT_TEXT_MOST + 1];
    memset(longer, 'a', sizeof longer);
    assert_false(audit_text_ok((struct text){.p = longer, .n = sizeof longer}));
    assert_true(audit_text_ok((struct text){.p = longer, .n = sizeof longer - 1}));
}

static int start(void **state)
{
    struct error err;
    (void)state;
    return crypto_start(&err) == DONE ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_every_member_counts),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
