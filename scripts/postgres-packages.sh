#!/usr/bin/env bash
# A Postgres server for the tests that load marts into one. Nothing when it is there; installs Debian's package when this user may;
# otherwise says what is missing and ends with 1. No server is started: the tests start their own, on a port of their own.
set -euo pipefail

if command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "error: missing for the tests of Postgres - initdb - apt-get install postgresql" >&2
    exit 1
fi
echo "installing postgresql"
apt-get update -qq
# No cluster of the system's own.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
