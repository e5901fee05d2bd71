/* lethe-verify: does a certificate of erasure hold, and what does it state? Offline: nothing is asked, nothing is sent. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/erasure/verify/check.h"
#include "services/erasure/verify/words.h"

enum { FILE_MOST = 4 * 1024 * 1024 };

static const char usage[] =
    "usage: lethe-verify FILE [--key FILE] [--secret S]\n\n"
    "Checks a certificate of erasure, offline: Ed25519 over its canonical JSON (RFC 8785), and says what it states.\n\n"
    "  FILE         the certificate as it was served; - is stdin\n"
    "  --key FILE   the controller's public key, known from elsewhere: base64, hex or 32 bytes\n"
    "  --secret S   the secret of the person's answer: does the certificate speak of that person?\n\n"
    "Exit: 0 it holds, 1 it does not, 2 it can't be read\n";

struct given {
    const char *file, *key_file, *secret;
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

static bool take_words(int argc, char **argv, struct given *out)
{
    for (int i = 1; i < argc; i++) {
        if (take_value(argc, argv, &i, "--key", &out->key_file) || take_value(argc, argv, &i, "--secret", &out->secret))
            continue;
        if ((argv[i][0] == '-' && argv[i][1] != '\0') || out->file != NULL)
            return false;
        out->file = argv[i];
    }
    return out->file != NULL;
}

static void print_key(const unsigned char key[CHECK_KEY_BYTES], bool known)
{
    char text[sodium_base64_ENCODED_LEN(CHECK_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    (void)sodium_bin2base64(text, sizeof text, key, CHECK_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL);
    (void)printf("The signature holds: nothing was changed since it was signed with the key\n  %s\n", text);
    if (known)
        (void)printf("which is the one that you know.\n\n");
    else
        (void)printf(
            "Whose key that is the certificate can't prove: compare it with the one that the controller publishes,\n"
            "or give that with --key.\n\n");
}

/* Certificates of version 1 hold no commitment to the person, so that no secret opens them. */
static int check_secret(const char *secret)
{
    if (secret == NULL)
        return CHECK_GOOD;
    (void)fprintf(stderr,
                  "lethe-verify: this certificate holds no commitment: a secret can't tell whom it speaks of\n");
    return CHECK_BAD;
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
        print_key(checked.key, known != NULL);
        words_print(checked.body, stdout);
        code = check_secret(given->secret);
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
