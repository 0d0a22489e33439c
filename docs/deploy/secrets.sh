#!/bin/sh
# Make the secrets that compose.yaml mounts, each a file in a folder (default: secrets).
# What is there stays. A second argument `rabbitmq` makes RabbitMQ the broker.
set -eu
folder=${1:-secrets} broker=${2:-valkey}

random() { od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
# The folder is closed to others on this host; inside a container another user reads the files.
keep() {
    [ -e "$folder/$1" ] || { printf '%s\n' "$2" >"$folder/$1" && chmod 0444 "$folder/$1"; }
}

mkdir -p "$folder"
chmod 0700 "$folder"
superuser=$(random 24) valkey=$(random 24) rabbitmq=$(random 24)
keep postgres_password "$superuser"
superuser=$(cat "$folder/postgres_password")
keep database_admin_url "postgresql://postgres:$superuser@postgres/postgres"
keep database_owner_url "postgresql://evalsite_owner:$(random 24)@postgres/evalsite"
keep database_url "postgresql://evalsite_app:$(random 24)@postgres/evalsite"
keep database_maint_url "postgresql://evalsite_maint:$(random 24)@postgres/evalsite"

keep valkey.conf "requirepass $valkey"
valkey=$(cut -d' ' -f2 "$folder/valkey.conf")
keep valkey_url "redis://:$valkey@valkey:6379/0"
keep rabbitmq.conf "default_user = evalsite
default_pass = $rabbitmq"
rabbitmq=$(sed -n 's/^default_pass = //p' "$folder/rabbitmq.conf")
case $broker in
valkey) keep broker_url "redis://:$valkey@valkey:6379/0" ;;
rabbitmq) keep broker_url "amqp://evalsite:$rabbitmq@rabbitmq:5672//" ;;
*) echo "the broker is valkey or rabbitmq, not $broker" >&2 && exit 2 ;;
esac

keep secret_key "$(random 32)"
keep secrets_keys "[\"$(random 32)\"]"
keep api_key_peppers "[\"$(random 32)\"]"
keep metrics_token "$(random 24)"
keep flower_password "$(random 12)"
keep grafana_password "$(random 12)"
