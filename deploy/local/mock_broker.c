/* librdkafka's mock cluster as a process of its own: the broker of a demo where Apache Kafka can't be fetched.
 * usage: mock_broker BROKERS TOPICS-FILE ADDRESS-FILE
 * Creates the topics of TOPICS-FILE, writes its bootstrap address into ADDRESS-FILE and waits for SIGTERM. Nothing is
 * durable: what it holds is gone with the process. */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BROKERS = 9, MAX_PARTITIONS = 1000 };

static long number_or_die(const char *text, long most, const char *what)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < 1 || value > most) {
        fprintf(stderr, "mock_broker: %s must be a number from 1 to %ld\n", what, most);
        exit(2);
    }
    return value;
}

static int create_topics(rd_kafka_mock_cluster_t *cluster, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(stderr, "mock_broker: %s: %s\n", path, strerror(errno));
        return -1;
    }
    char line[1024];
    int failed = 0;
    while (failed == 0 && fgets(line, sizeof(line), file) != NULL) {
        char *comment = strchr(line, '#');
        if (comment != NULL)
            *comment = '\0';
        char *rest = NULL;
        const char *name = strtok_r(line, " \t\n", &rest);
        const char *partitions = strtok_r(NULL, " \t\n", &rest);
        if (name == NULL || partitions == NULL)
            continue;
        int count = (int)number_or_die(partitions, MAX_PARTITIONS, "partitions");
        rd_kafka_resp_err_t e = rd_kafka_mock_topic_create(cluster, name, count, 1);
        if (e != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fprintf(stderr, "mock_broker: topic %s: %s\n", name, rd_kafka_err2str(e));
            failed = -1;
        }
    }
    (void)fclose(file);
    return failed;
}

/* Written beside and renamed, so that a reader sees the whole address or none. */
static int tell_address(const char *path, const char *address)
{
    char part[4096];
    int n = snprintf(part, sizeof(part), "%s.part", path);
    if (n < 0 || (size_t)n >= sizeof(part))
        return -1;
    FILE *file = fopen(part, "we");
    if (file == NULL)
        return -1;
    int printed = fprintf(file, "%s\n", address);
    int closed = fclose(file);
    return printed < 0 || closed != 0 ? -1 : rename(part, path);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: mock_broker BROKERS TOPICS-FILE ADDRESS-FILE\n");
        return 2;
    }
    int brokers = (int)number_or_die(argv[1], MAX_BROKERS, "brokers");

    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    if (sigprocmask(SIG_BLOCK, &stop, NULL) != 0)
        return 1;

    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (rd_kafka_conf_set(conf, "socket.nagle.disable", "true", why, sizeof(why)) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "mock_broker: %s\n", why);
        return 1;
    }
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
    if (handle == NULL) {
        fprintf(stderr, "mock_broker: %s\n", why);
        return 1;
    }
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, brokers);
    int result = 1;
    if (cluster != NULL && create_topics(cluster, argv[2]) == 0 &&
        tell_address(argv[3], rd_kafka_mock_cluster_bootstraps(cluster)) == 0) {
        fprintf(stderr, "mock_broker: %d brokers at %s; in memory only, nothing is durable\n", brokers,
                rd_kafka_mock_cluster_bootstraps(cluster));
        int number = 0;
        result = sigwait(&stop, &number) == 0 ? 0 : 1;
    }
    if (cluster != NULL)
        rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(handle);
    return result;
}
