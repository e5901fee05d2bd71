/* tool_file: a backup's file: "LETHEBK1", the stream's header, then chunks, each after its length (32 bits, big-endian). The
 * first chunk is what stands beside the file, so that a file tells what it is; the last one says that it is the last. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto/stream.h"
#include "services/backup/tool.h"

#define MAGIC "LETHEBK1"
enum { MAGIC_BYTES = 8, CHUNK = 1 << 16, HEAD_MOST = 4096 };

static void show(struct progress *progress, size_t n, bool end)
{
    int64_t now = clock_monotonic_us();

    progress->done += (int64_t)n;
    if (!end && now < progress->next_us)
        return;
    progress->next_us = now + SECONDS(1);
    if (progress->total > 0)
        fprintf(stderr, "  %s: %lld MB of about %lld\n", progress->what, (long long)(progress->done / 1000000),
                (long long)(progress->total / 1000000));
    else
        fprintf(stderr, "  %s: %lld MB\n", progress->what, (long long)(progress->done / 1000000));
}

/* ---- sealing ------------------------------------------------------------------------------------------------------------ */

struct sealing {
    FILE *file;
    struct crypto_stream *stream;
    struct crypto_digester *digest;
    int64_t bytes;
};

static enum outcome put(struct sealing *s, const void *p, size_t n, struct error *err)
{
    crypto_digester_add(s->digest, p, n);
    s->bytes += (int64_t)n;
    if (fwrite(p, 1, n, s->file) != n)
        return error_retry(err, "backup", "the backup can't be written: %s", strerror(errno));
    return DONE;
}

static enum outcome put_chunk(struct sealing *s, const void *p, size_t n, bool last, struct error *err)
{
    uint8_t sealed[CHUNK + CRYPTO_STREAM_OVERHEAD];
    size_t whole = n + CRYPTO_STREAM_OVERHEAD;
    const uint8_t length[4] = {(uint8_t)(whole >> 24), (uint8_t)(whole >> 16), (uint8_t)(whole >> 8), (uint8_t)whole};

    crypto_stream_seal(s->stream, p, n, last, sealed);
    TRY(put(s, length, sizeof(length), err));
    return put(s, sealed, whole, err);
}

/* As much of a chunk as the pipe has: less only at its end. */
static enum outcome read_full(int from, uint8_t *out, size_t *n, struct error *err)
{
    ssize_t got = 1;

    for (*n = 0; *n < CHUNK && got != 0; *n += got > 0 ? (size_t)got : 0) {
        got = read(from, out + *n, CHUNK - *n);
        if (got < 0 && errno != EINTR)
            return error_retry(err, "backup", "the dump can't be read: %s", strerror(errno));
    }
    return DONE;
}

static enum outcome seal_all(struct tool *tool, struct sealing *s, const struct copy *copy, int from,
                             struct progress *progress, struct error *err)
{
    uint8_t header[CRYPTO_STREAM_HEADER_BYTES], plain[CHUNK];
    struct text head = shelf_json(copy, tool->arena);
    size_t n = CHUNK;

    ENSURE(head.n <= HEAD_MOST);
    s->stream = crypto_stream_seal_new(tool->key, header);
    TRY(put(s, MAGIC, MAGIC_BYTES, err));
    TRY(put(s, header, sizeof(header), err));
    TRY(put_chunk(s, head.p, head.n, false, err));
    while (n == CHUNK) {
        TRY(read_full(from, plain, &n, err));
        TRY(put_chunk(s, plain, n, n < CHUNK, err));
        show(progress, n, n < CHUNK);
    }
    if (fflush(s->file) != 0 || fsync(fileno(s->file)) != 0)
        return error_retry(err, "backup", "the backup can't be synced: %s", strerror(errno));
    return DONE;
}

enum outcome file_seal(struct tool *tool, struct copy *copy, int from, struct progress *progress, struct error *err)
{
    struct sealing s = {0};
    uint8_t digest[32];
    char *path = text_cstr(tool->arena, copy->place);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum outcome outcome;

    if (fd < 0)
        return error_retry(err, "backup", "the backup can't be made: %s", strerror(errno));
    s.file = fdopen(fd, "w");
    ENSURE(s.file != NULL);
    s.digest = crypto_digester_new();
    outcome = seal_all(tool, &s, copy, from, progress, err);
    crypto_stream_free(s.stream);
    if (fclose(s.file) != 0 && outcome == DONE)
        outcome = error_retry(err, "backup", "the backup can't be written: %s", strerror(errno));
    crypto_digester_end(s.digest, digest);
    copy->bytes = s.bytes;
    copy->digest = text_hex(tool->arena, digest, sizeof(digest));
    return outcome;
}

/* ---- opening ------------------------------------------------------------------------------------------------------------ */

static enum outcome bad(struct error *err, const char *why)
{
    return error_refuse(err, "", "backup", "the backup is damaged: %s", why);
}

static enum outcome check_digest(FILE *file, const struct copy *copy, struct arena *arena, struct error *err)
{
    struct crypto_digester *digester = crypto_digester_new();
    uint8_t piece[CHUNK], digest[32];
    int64_t bytes = 0;
    size_t n;

    while ((n = fread(piece, 1, sizeof(piece), file)) > 0) {
        crypto_digester_add(digester, piece, n);
        bytes += (int64_t)n;
    }
    crypto_digester_end(digester, digest);
    rewind(file);
    if (bytes != copy->bytes)
        return bad(err, "it hasn't the length that was noted when it was taken");
    if (!text_equal(text_hex(arena, digest, sizeof(digest)), copy->digest))
        return bad(err, "its checksum isn't the one noted when it was taken");
    return DONE;
}

static enum outcome get_chunk(FILE *file, struct crypto_stream *stream, uint8_t *out, size_t *n, bool *last,
                              struct error *err)
{
    uint8_t length[4], sealed[CHUNK + CRYPTO_STREAM_OVERHEAD];
    size_t whole;

    if (fread(length, 1, sizeof(length), file) != sizeof(length))
        return bad(err, "it ends too early");
    whole = (size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3];
    if (whole < CRYPTO_STREAM_OVERHEAD || whole > sizeof(sealed) || fread(sealed, 1, whole, file) != whole)
        return bad(err, "it ends too early");
    *n = whole - CRYPTO_STREAM_OVERHEAD;
    return crypto_stream_open(stream, sealed, whole, out, last, err);
}

/* Who restores one schema of many ends when it has it: *to becomes -1; its exit tells whether that was well. */
static enum outcome write_all(int *to, const uint8_t *p, size_t n, struct error *err)
{
    while (n > 0 && *to >= 0) {
        ssize_t put_n = write(*to, p, n);
        if (put_n < 0 && errno == EPIPE)
            *to = -1;
        else if (put_n < 0 && errno != EINTR)
            return error_retry(err, "backup", "the dump can't be handed over: %s", strerror(errno));
        if (put_n <= 0)
            continue;
        p += put_n;
        n -= (size_t)put_n;
    }
    return DONE;
}

static enum outcome open_all(FILE *file, struct crypto_stream *stream, const struct copy *copy, int to,
                             struct progress *progress, struct error *err)
{
    uint8_t plain[CHUNK];
    char id[UUID_TEXT_BYTES];
    bool last = false;
    size_t n = 0;

    uuid_format(&copy->id, id);
    TRY(get_chunk(file, stream, plain, &n, &last, err));
    if (memmem(plain, n, id, sizeof(id) - 1) == NULL)
        return bad(err, "it is another backup's file");
    while (!last) {
        TRY(get_chunk(file, stream, plain, &n, &last, err));
        TRY(write_all(&to, plain, n, err));
        show(progress, n, last);
    }
    return fgetc(file) == EOF ? DONE : bad(err, "something stands behind its end");
}

static enum outcome open_file(struct tool *tool, FILE *file, const struct copy *copy, int to, struct progress *progress,
                              struct error *err)
{
    uint8_t header[CRYPTO_STREAM_HEADER_BYTES], magic[MAGIC_BYTES];
    struct crypto_stream *stream;
    enum outcome outcome;

    TRY(check_digest(file, copy, tool->arena, err));
    if (fread(magic, 1, MAGIC_BYTES, file) != MAGIC_BYTES || memcmp(magic, MAGIC, MAGIC_BYTES) != 0 ||
        fread(header, 1, sizeof(header), file) != sizeof(header))
        return bad(err, "it doesn't begin as a backup does");
    stream = crypto_stream_open_new(tool->key, header);
    outcome = open_all(file, stream, copy, to, progress, err);
    crypto_stream_free(stream);
    return outcome;
}

enum outcome file_open(struct tool *tool, const struct copy *copy, int to, struct progress *progress, struct error *err)
{
    FILE *file = fopen(text_cstr(tool->arena, copy->place), "re");
    enum outcome outcome;

    if (file == NULL)
        return error_refuse(err, "", "backup", "its file can't be opened: %s", strerror(errno));
    outcome = open_file(tool, file, copy, to, progress, err);
    (void)!fclose(file);
    return outcome;
}
