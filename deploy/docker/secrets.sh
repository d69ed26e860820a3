#!/bin/sh
# Makes the secrets that docker-compose.yml reads, once; what is there already stays.
#   sh deploy/docker/secrets.sh [folder]     default: TAWASUL_SECRETS, else .state/compose-secrets
# The folder is its owner's alone. The files in it are readable, because containers read them as other users.
set -eu

folder=${1:-${TAWASUL_SECRETS:-.state/compose-secrets}}
mkdir -p "$folder"
chmod 700 "$folder"

# None begins with "-": where one is handed to a command it would be taken for an option.
password() { head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
key() {
    made=$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')
    case $made in -*) key ;; *) echo "$made" ;; esac
}
# keep NAME VALUE
keep() { [ -e "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"; }

keep mongodb_key "$(head -c 96 /dev/urandom | base64 | tr -d '\n')"
keep mongodb_root_password "$(password)"
keep keycloak_admin_password "$(password)"
keep installer_secret "$(password)"
keep grafana_admin_password "$(password)"
keep contact_keys "$(key)"
keep tracking_keys "1:$(key)"
keep session_keys "$(key)"
keep audit_keys "$(key)"
keep push_key "$(key)"

users=
for service in intake router sla-monitor notifier; do
    keep "${service}_mongodb_password" "$(password)"
    keep "${service}_kafka_password" "$(password)"
    database=tawasul_$(echo "$service" | tr - _)
    in_mongodb=$(cat "$folder/${service}_mongodb_password")
    in_kafka=$(cat "$folder/${service}_kafka_password")
    keep "${service}_mongo_uri" \
        "mongodb://$service:$in_mongodb@mongodb:27017/?replicaSet=rs0&authSource=$database"
    users="$users    user_$service=\"$in_kafka\"
"
done
keep kafka_jaas "clients.KafkaServer {
    org.apache.kafka.common.security.plain.PlainLoginModule required
$users    ;
};"

echo "secrets are in $folder"
