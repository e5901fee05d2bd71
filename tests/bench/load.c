/* load: puts contact events into contacts.in as fast as the broker takes them, so that a benchmark's input is there
 * before the service starts. Each is a CloudEvent in binary mode with 300 bytes of data: a lead of its own, with an
 * address and a phone number of its own.
 *   load BROKERS N [SEED [PER-SECOND]]    -> {"events": N, "seconds": ..., "data_bytes": 300} */
#include <librdkafka/rdkafka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DATA_BYTES = 300, ROOM = 1024 };

struct load {
    rd_kafka_t *producer;
    rd_kafka_topic_t *topic;
    uint64_t seed;
    long delivered, failed;
};

static double now_s(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    struct load *load = opaque;

    (void)producer;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        load->delivered++;
    else
        load->failed++;
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256];

    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return true;
    fprintf(stderr, "load: %s: %s\n", name, why);
    return false;
}

static bool load_start(struct load *load, const char *brokers)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    if (!set(conf, "bootstrap.servers", brokers) || !set(conf, "linger.ms", "20") ||
        !set(conf, "batch.num.messages", "5000") || !set(conf, "acks", "all") ||
        !set(conf, "queue.buffering.max.messages", "200000") || !set(conf, "compression.type", "lz4") ||
        !set(conf, "enable.idempotence", "true")) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, load);
    load->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (load->producer == NULL) {
        fprintf(stderr, "load: %s\n", why);
        rd_kafka_conf_destroy(conf);
        return false;
    }
    load->topic = rd_kafka_topic_new(load->producer, "contacts.in", NULL);
    return load->topic != NULL;
}

/* A name of its own for each number, and unlike its neighbours': people, not one person's slips of the pen. */
static void write_name(uint64_t n, char out[17])
{
    static const char consonants[] = "bdfgklmnprstvwzh", vowels[] = "aeiou";
    uint64_t x = (n + 1) * 0x9e3779b97f4a7c15U;

    for (int i = 0; i < 16; i += 2, x = x * 6364136223846793005U + 1442695040888963407U) {
        out[i] = consonants[x >> 60];
        out[i + 1] = vowels[(x >> 40) % 5];
    }
    out[0] = (char)(out[0] - 'a' + 'A');
    out[16] = '\0';
}

/* The data of the nth event; exactly DATA_BYTES long, its location filled up. */
static size_t write_data(const struct load *load, long n, char out[ROOM])
{
    static const char dots[] =
        "........................................................................................";
    char id[40], given[17], family[17];
    const unsigned phone = (unsigned)((unsigned long)n * 54321701UL % 100000000UL); /* coprime: each has its own */
    int used;

    write_name((uint64_t)n * 2, given);
    write_name((uint64_t)n * 2 + 1, family);
    given[6] = '\0';
    family[10] = '\0';
    (void)snprintf(id, sizeof id, "%" PRIu64 "-%07ld", load->seed, n);
    for (int fill = 0;; fill = DATA_BYTES - used) {
        used = snprintf(out, ROOM,
                        "{\"record\":{\"system\":\"dynamics\",\"id\":\"%s\",\"version\":1},\"category\":\"lead\","
                        "\"provenance\":{\"channel\":\"import\",\"location\":\"load%.*s\","
                        "\"captured_at\":\"2026-10-01T09:00:00Z\",\"act\":\"import\"},"
                        "\"fields\":{\"given_name\":\"%s\",\"family_name\":\"%s\",\"email\":\"l%s@load.example\","
                        "\"phone\":\"+49151%08u\"}}",
                        id, fill, dots, given, family, id, phone);
        if (used >= DATA_BYTES || fill > 0)
            return (size_t)used;
    }
}

#define HEADER(named, text)                                                                                            \
    {                                                                                                                  \
        .vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {.name = (named), .val = (text), .size = -1 }                      \
    }

static bool produce(const struct load *load, long n)
{
    char data[ROOM], key[64], id[64];
    size_t data_n = write_data(load, n, data);
    int key_n = snprintf(key, sizeof key, "dynamics/%" PRIu64 "-%07ld", load->seed, n);

    (void)snprintf(id, sizeof id, "load-%" PRIu64 "-%ld", load->seed, n);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = load->topic},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {.ptr = key, .size = (size_t)key_n}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {.ptr = data, .size = data_n}},
        HEADER("ce_specversion", "1.0"),
        HEADER("ce_id", id),
        HEADER("ce_source", "urn:acme:dynamics"),
        HEADER("ce_type", "lethe.contact.recorded"),
        HEADER("content-type", "application/json"),
    };
    for (;;) {
        rd_kafka_error_t *failure = rd_kafka_produceva(load->producer, parts, sizeof parts / sizeof parts[0]);
        rd_kafka_resp_err_t failed;

        if (failure == NULL)
            return true;
        failed = rd_kafka_error_code(failure);
        rd_kafka_error_destroy(failure);
        if (failed != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            fprintf(stderr, "load: %s\n", rd_kafka_err2str(failed));
            return false;
        }
        (void)rd_kafka_poll(load->producer, 50);
    }
}

/* Keeps to per_second where that isn't 0. */
static bool load_run(struct load *load, long events, long per_second)
{
    double began = now_s();

    for (long n = 0; n < events; n++) {
        if (!produce(load, n))
            return false;
        (void)rd_kafka_poll(load->producer, 0);
        while (per_second > 0 && (double)(n + 1) / (double)per_second > now_s() - began)
            (void)rd_kafka_poll(load->producer, 1);
    }
    while (rd_kafka_outq_len(load->producer) > 0)
        (void)rd_kafka_poll(load->producer, 100);
    printf("{\"events\": %ld, \"seconds\": %.3f, \"data_bytes\": %d}\n", load->delivered, now_s() - began, DATA_BYTES);
    return load->failed == 0 && load->delivered == events;
}

static bool number(const char *text, long *out)
{
    char *end;

    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= 0;
}

int main(int argc, char **argv)
{
    struct load load = {.seed = 1};
    long events, seed = 1, per_second = 0;
    bool done;

    if (argc < 3 || argc > 5 || !number(argv[2], &events) || (argc > 3 && !number(argv[3], &seed)) ||
        (argc > 4 && !number(argv[4], &per_second))) {
        fprintf(stderr, "usage: load BROKERS N [SEED [PER-SECOND]]\n");
        return 2;
    }
    load.seed = (uint64_t)seed;
    done = load_start(&load, argv[1]) && load_run(&load, events, per_second);
    if (load.topic != NULL)
        rd_kafka_topic_destroy(load.topic);
    if (load.producer != NULL)
        rd_kafka_destroy(load.producer);
    return done ? 0 : 1;
}
