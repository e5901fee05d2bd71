#!/usr/bin/env bash
# Creates the topics of topics.txt with Kafka's own tools (in the official image): create-topics.sh BOOTSTRAP [REPLICAS]
set -euo pipefail
bootstrap=$1
replicas=${2:-1}
list=$(dirname "$0")/topics.txt
tool=/opt/kafka/bin/kafka-topics.sh

sed 's/#.*//' "$list" | while read -r name partitions settings; do
    [ -n "$name" ] || continue
    configs=()
    for setting in $settings; do configs+=(--config "$setting"); done
    "$tool" --bootstrap-server "$bootstrap" --create --if-not-exists --topic "$name" --partitions "$partitions" \
        --replication-factor "$replicas" "${configs[@]}" </dev/null
done
