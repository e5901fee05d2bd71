/* lethe-verify: does a certificate of erasure hold, and what does it state? Offline: nothing is asked, nothing is sent. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/erasure/verify/check.h"
#include "services/erasure/verify/proof.h"
#include "services/erasure/verify/words.h"

enum { FILE_MOST = 4 * 1024 * 1024 };

static const char usage[] =
    "usage: lethe-verify FILE [--key FILE | --keys FILE] [--secret S [--who FILE]] [--previous FILE]\n\n"
    "Checks a certificate of erasure, offline: Ed25519 over its canonical JSON (RFC 8785), and says what it states.\n\n"
    "  FILE             the certificate as it was served; - is stdin\n"
    "  --key FILE       the controller's public key, known from elsewhere: base64, hex or 32 bytes\n"
    "  --keys FILE      all that the controller publishes, old ones too, as /v1/keys serves them\n"
    "  --secret S       the secret of the person's answer: does the certificate speak of that person?\n"
    "  --who FILE       an address, number or SYSTEM/ID, in a file: is it that person's?\n"
    "  --previous FILE  the certificate before it: does the chain hold?\n\n"
    "Exit: 0 it holds, 1 it does not, 2 it can't be read\n";

struct given {
    const char *file, *key_file, *keys_file, *secret, *who_file, *previous_file;
};

static int fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "lethe-verify: %s: %s\n", what, why);
    return CHECK_UNREADABLE;
}

/* malloc'd; NULL where it can't be read or is too long. */
static char *read_file(const char *path, size_t *n)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *p = file != NULL ? malloc(FILE_MOST + 1) : NULL;
    bool good = false;
    if (p != NULL) {
        *n = fread(p, 1, FILE_MOST + 1, file);
        good = ferror(file) == 0 && *n <= FILE_MOST;
    }
    if (file != NULL && file != stdin)
        (void)fclose(file);
    if (good)
        return p;
    free(p);
    return NULL;
}

static bool take_value(int argc, char **argv, int *at, const char *name, const char **out)
{
    size_t n = strlen(name);
    if (strncmp(argv[*at], name, n) != 0 || (argv[*at][n] != '\0' && argv[*at][n] != '='))
        return false;
    *out = argv[*at][n] == '=' ? argv[*at] + n + 1 : *at + 1 < argc ? argv[++*at] : NULL;
    return *out != NULL;
}

static bool take_option(int argc, char **argv, int *at, struct given *out)
{
    const struct {
        const char *name, **to;
    } options[] = {{"--key", &out->key_file},
                   {"--keys", &out->keys_file},
                   {"--secret", &out->secret},
                   {"--who", &out->who_file},
                   {"--previous", &out->previous_file}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (take_value(argc, argv, at, options[i].name, options[i].to))
            return true;
    return false;
}

static bool take_words(int argc, char **argv, struct given *out)
{
    for (int i = 1; i < argc; i++) {
        if (take_option(argc, argv, &i, out))
            continue;
        if ((argv[i][0] == '-' && argv[i][1] != '\0') || out->file != NULL)
            return false;
        out->file = argv[i];
    }
    return out->file != NULL && (out->who_file == NULL || out->secret != NULL);
}

static void print_base64(const char *before, const unsigned char bytes[32])
{
    char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];
    (void)sodium_bin2base64(text, sizeof text, bytes, 32, sodium_base64_VARIANT_ORIGINAL);
    (void)printf("%s%s\n", before, text);
}

static void print_key(const struct checked *checked, bool known)
{
    print_base64("The signature holds: nothing was changed since it was signed with the key\n  ", checked->key);
    if (known)
        (void)printf("which is the one that you know.\n");
    else
        (void)printf(
            "Whose key that is the certificate can't prove: compare it with the one that the controller publishes,\n"
            "or give that with --key or --keys.\n");
    print_base64("Its hash, by which the next one names it:\n  ", checked->hash);
    (void)printf("\n");
}

/* ---- what else was asked: each holds, or says why not ------------------------------------------------------------------- */

static int judge(const char *why, const char *holds)
{
    if (why != NULL) {
        (void)fprintf(stderr, "lethe-verify: %s\n", why);
        return CHECK_BAD;
    }
    (void)printf("%s\n", holds);
    return CHECK_GOOD;
}

static int check_keys(const struct given *given, const struct checked *checked)
{
    size_t n = 0;
    char *p = read_file(given->keys_file, &n);
    if (p == NULL)
        return fail(given->keys_file, "it can't be read");
    int code = judge(proof_signer(checked->body, checked->key, p, n),
                     "The controller publishes that key, and used it at that time.");
    free(p);
    return code;
}

static int check_secret(const struct given *given, const struct checked *checked)
{
    size_t n = 0;
    char *who = given->who_file != NULL ? read_file(given->who_file, &n) : NULL;
    if (given->who_file != NULL && who == NULL)
        return fail(given->who_file, "it can't be read");
    if (who != NULL)
        who[n] = '\0'; /* read_file leaves room */
    int code = judge(proof_secret(checked->body, given->secret, who),
                     who != NULL ? "It speaks of that person, whose answer holds the secret."
                                 : "It speaks of the person whose answer holds the secret.");
    free(who);
    return code;
}

static int check_previous(const struct given *given, const struct checked *checked)
{
    struct checked before;
    size_t n = 0;
    char *p = read_file(given->previous_file, &n);
    if (p == NULL)
        return fail(given->previous_file, "it can't be read");
    enum check_result result = check_certificate(p, n, NULL, &before);
    free(p);
    int code = (int)result;
    if (result != CHECK_GOOD)
        (void)fprintf(stderr, "lethe-verify: %s: %s\n", given->previous_file, before.why);
    else
        code = judge(proof_previous(checked->body, before.hash), "The chain holds: that certificate came before it.");
    json_decref(before.body);
    return code;
}

static int check_more(const struct given *given, const struct checked *checked)
{
    int (*const checks[])(const struct given *, const struct checked *) = {
        given->keys_file != NULL ? check_keys : NULL,
        given->secret != NULL ? check_secret : NULL,
        given->previous_file != NULL ? check_previous : NULL,
    };
    int worst = CHECK_GOOD;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        int code = checks[i] != NULL ? checks[i](given, checked) : CHECK_GOOD;
        worst = code > worst ? code : worst;
    }
    return worst;
}

static int verify(const struct given *given, const unsigned char *known)
{
    struct checked checked;
    size_t n = 0;
    char *p = read_file(given->file, &n);
    if (p == NULL)
        return fail(given->file, "it can't be read, or is larger than 4 MiB");
    enum check_result result = check_certificate(p, n, known, &checked);
    free(p);
    int code = (int)result;
    if (result == CHECK_GOOD) {
        print_key(&checked, known != NULL);
        words_print(checked.body, stdout);
        code = check_more(given, &checked);
    } else {
        (void)fprintf(stderr, "lethe-verify: %s: %s: %s\n", given->file,
                      result == CHECK_BAD ? "it does not hold" : "it can't be read as a certificate", checked.why);
    }
    json_decref(checked.body);
    return fflush(stdout) == 0 ? code : CHECK_UNREADABLE;
}

int main(int argc, char **argv)
{
    struct given given = {0};
    unsigned char key[CHECK_KEY_BYTES];
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("lethe-verify %s\n", LETHE_VERSION);
        return 0;
    }
    if (!take_words(argc, argv, &given)) {
        (void)fputs(usage, stderr);
        return CHECK_UNREADABLE;
    }
    if (sodium_init() < 0)
        return fail("libsodium", "it can't be started");
    if (given.key_file == NULL)
        return verify(&given, NULL);
    size_t n = 0;
    char *p = read_file(given.key_file, &n);
    bool good = p != NULL && check_read_key(p, n, key);
    free(p);
    return good ? verify(&given, key) : fail(given.key_file, "this is no public key (base64, hex or 32 bytes)");
}
