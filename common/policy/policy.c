/* policy: from file to an immutable, counted struct. */
#include "common/policy/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/arena/arena.h"
#include "common/crypto/crypto.h"
#include "common/policy/internal.h"

enum { FILE_BYTES = (1 << 20) + 1 };

static void internal_free(struct policy_internal *internal)
{
    arena_free(internal->arena);
    free(internal);
}

enum outcome policy_read(struct text yaml, struct policy **out, struct buf *mistakes, struct error *err)
{
    struct policy_internal *internal = calloc(1, sizeof *internal);
    struct yaml_in in;

    *out = NULL;
    ENSURE(internal != NULL);
    internal->arena = arena_new();
    atomic_init(&internal->references, 1);
    if (!yaml_read(yaml, &policy_shape, &internal->policy, internal->arena, mistakes, &in)) {
        internal_free(internal);
        return error_refuse(err, in.first_pointer, "policy", "%zu mistakes in the policy, the first in line %zu",
                            in.mistakes_n, in.first_line);
    }
    struct policy *policy = &internal->policy;
    policy_sort(policy);
    policy->text = text_cstr(internal->arena, yaml);
    crypto_digest(yaml.p, yaml.n, policy->digest);
    policy->internal = internal;
    *out = policy;
    return DONE;
}

static bool read_file(int fd, struct buf *out)
{
    char part[16384];
    for (;;) {
        ssize_t n = read(fd, part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0;
        buf_add(out, part, (size_t)n);
    }
}

enum outcome policy_read_file(const char *path, struct policy **out, struct buf *mistakes, struct error *err)
{
    struct buf content;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *out = NULL;
    buf_init(&content, FILE_BYTES);
    bool read_well = fd >= 0 && read_file(fd, &content);
    if (fd >= 0)
        (void)close(fd);
    if (!read_well || content.failed) {
        const char *what = content.failed ? "the policy file is larger than 1 MiB" : "the policy file can't be read";
        buf_printf(mistakes, "%s\n", what);
        buf_free(&content);
        return error_refuse(err, "", "policy", "%s", what);
    }
    enum outcome outcome = policy_read(buf_view(&content), out, mistakes, err);
    buf_free(&content);
    return outcome;
}

struct policy *policy_hold(const struct policy *policy)
{
    ENSURE(policy->internal != NULL);
    (void)atomic_fetch_add_explicit(&policy->internal->references, 1, memory_order_relaxed);
    return &policy->internal->policy;
}

void policy_release(const struct policy *policy)
{
    if (policy == NULL || policy->internal == NULL)
        return;
    if (atomic_fetch_sub_explicit(&policy->internal->references, 1, memory_order_acq_rel) == 1)
        internal_free(policy->internal);
}

void policy_digest_hex(const struct policy *policy, char out[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof policy->digest; i++) {
        out[i * 2] = digits[policy->digest[i] >> 4];
        out[i * 2 + 1] = digits[policy->digest[i] & 15];
    }
    out[64] = '\0';
}
