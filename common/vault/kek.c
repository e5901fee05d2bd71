/* kek: reading and making the files of the keys that wrap keys. */
#include "common/vault/kek.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char proof_text[16] = "lethe kek proof";

static bool path_of(const char *dir, int32_t epoch, char *out, size_t room)
{
    int n = snprintf(out, room, "%s/%d.kek", dir, (int)epoch);

    return n > 0 && (size_t)n < room;
}

void kek_ring_init(struct kek_ring *ring, const char *dir)
{
    memset(ring, 0, sizeof *ring);
    ring->dir = strdup(dir);
    ENSURE(ring->dir != NULL);
}

void kek_ring_free(struct kek_ring *ring)
{
    for (size_t i = 0; i < ring->n; i++)
        crypto_key_free(ring->slots[i].key);
    free(ring->dir);
    memset(ring, 0, sizeof *ring);
}

void kek_proof(const struct crypto_key *key, int32_t epoch, uint8_t out[KEK_PROOF_BYTES])
{
    crypto_seal(crypto_key_bytes(key), proof_text, sizeof proof_text, &epoch, sizeof epoch, out);
}

static bool proves(const struct crypto_key *key, int32_t epoch, struct bytes proof)
{
    uint8_t out[sizeof proof_text];
    struct error ignored;

    return proof.n == KEK_PROOF_BYTES &&
           crypto_open(crypto_key_bytes(key), proof.p, proof.n, &epoch, sizeof epoch, out, &ignored) == DONE;
}

/* Whatever is amiss with a file, no input is at fault: it is waited for. */
static enum outcome load(struct kek_ring *ring, int32_t epoch, struct crypto_key **out, struct error *err)
{
    char path[512];
    struct stat st;
    struct error why;

    if (!path_of(ring->dir, epoch, path, sizeof path))
        return error_retry(err, "kek", "the folder's name of the KEKs is too long");
    if (stat(path, &st) != 0)
        return error_retry(err, "kek", "%s: the KEK of epoch %d is missing", path, (int)epoch);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error_retry(err, "kek", "%s: is open to others than its owner (mode 0600 is wanted)", path);
    return crypto_key_load(path, out, &why) == DONE ? DONE : error_retry(err, "kek", "%s", why.text);
}

enum outcome kek_get(struct kek_ring *ring, int32_t epoch, struct bytes proof, const struct crypto_key **out,
                     struct error *err)
{
    struct crypto_key *key = NULL;

    for (size_t i = 0; i < ring->n; i++)
        if (ring->slots[i].epoch == epoch) {
            *out = ring->slots[i].key;
            return DONE;
        }
    TRY(load(ring, epoch, &key, err));
    if (proof.p != NULL && !proves(key, epoch, proof)) {
        crypto_key_free(key);
        return error_retry(err, "kek", "%s/%d.kek is not the KEK that wrapped the keys of its epoch", ring->dir,
                           (int)epoch);
    }
    if (ring->n == KEK_EPOCHS_MAX) {
        crypto_key_free(ring->slots[0].key);
        memmove(&ring->slots[0], &ring->slots[1], sizeof ring->slots[0] * (KEK_EPOCHS_MAX - 1));
        ring->n--;
    }
    ring->slots[ring->n].epoch = epoch;
    ring->slots[ring->n++].key = key;
    *out = key;
    return DONE;
}

static enum outcome write_key(int fd, const char *path, struct error *err)
{
    uint8_t key[CRYPTO_KEY_BYTES];
    char hex[2 * CRYPTO_KEY_BYTES + 1];
    ssize_t written;
    bool good;

    crypto_random(key, sizeof key);
    for (size_t i = 0; i < sizeof key; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", key[i]);
    hex[sizeof hex - 1] = '\n';
    written = write(fd, hex, sizeof hex);
    good = written == (ssize_t)sizeof hex && fsync(fd) == 0;
    crypto_wipe(key, sizeof key);
    crypto_wipe(hex, sizeof hex);
    return good ? DONE : error_retry(err, "kek", "%s: cannot be written", path);
}

static enum outcome sync_folder(const char *dir, struct error *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    return good ? DONE : error_retry(err, "kek", "%s: cannot be synced", dir);
}

/* The file appears whole or not at all: written under another name, linked to its own where none is there. */
enum outcome kek_make(const char *dir, int32_t epoch, struct error *err)
{
    char path[512], draft[540];
    enum outcome outcome;
    int fd;

    if (!path_of(dir, epoch, path, sizeof path))
        return error_refuse(err, "", "kek", "the folder's name of the KEKs is too long");
    if (access(path, F_OK) == 0)
        return DONE;
    (void)snprintf(draft, sizeof draft, "%s.%ld", path, (long)getpid());
    if ((fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)) < 0)
        return error_refuse(err, "", "kek", "%s: cannot be made (errno %d)", draft, errno);
    outcome = write_key(fd, draft, err);
    (void)close(fd);
    if (outcome == DONE && link(draft, path) != 0 && errno != EEXIST)
        outcome = error_retry(err, "kek", "%s: cannot be made (errno %d)", path, errno);
    (void)unlink(draft);
    return outcome == DONE ? sync_folder(dir, err) : outcome;
}
