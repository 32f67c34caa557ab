#!/usr/bin/env bash
# Every password and key that docker-compose.yml asks for, each in a file of secrets/. What is there already is kept: delete a file to get
# a new secret, then follow "Passwords" in docs/deploy.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The folder is closed to everybody but its owner; the files in it are not, because the users inside the containers, who see single files
# of it, are strangers to this machine.
mkdir -p secrets
chmod 0700 secrets
umask 0333

make() { # name, command...
    local name=$1
    shift
    [ -s "secrets/$name" ] || { rm -f "secrets/$name"; "$@" >"secrets/$name"; echo "made secrets/$name"; }
}
text() { head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='; }
# What Fernet asks for: 32 bytes, base64 for addresses, padded.
fernet() { head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_'; }

for name in postgres_password airflow_database_password community_metrics_loader_password \
    airflow_api_secret_key airflow_jwt_secret airflow_admin_password airflow_viewer_password \
    superset_database_password superset_reader_password superset_secret_key superset_admin_password superset_viewer_password; do
    make "$name" text
done
make airflow_fernet_key fernet
