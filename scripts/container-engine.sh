#!/usr/bin/env bash
# A container engine for the tests of docker-compose.yml, and the two images that its files begin with.
#
#   scripts/container-engine.sh start    the engine that answers, or Debian's; and the images from their registry, or made from Debian's packages
#   scripts/container-engine.sh stop     ends the engine if this script started it, with every container of it
#
# The images that are made go by the names that the files use, since that is what is tested. They are for tests: on a server the engine
# pulls the real ones.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

FOLDER=$PWD/build/container-engine
PYTHON_IMAGE=python:3.11-slim-bookworm
POSTGRES_IMAGE=postgres:15-bookworm

start() {
    if ! docker info >/dev/null 2>&1; then
        as_root "there is no container engine that answers"
        install_packages docker.io docker-compose iptables
        start_engine
    fi
    command -v docker-compose >/dev/null || { as_root "there is no docker-compose"; install_packages docker-compose; }
    image "$PYTHON_IMAGE" python_image
    image "$POSTGRES_IMAGE" postgres_image
}

stop() {
    [ -f "$FOLDER/dockerd.pid" ] || return 0
    docker ps --quiet | xargs --no-run-if-empty docker stop --time 10 >/dev/null
    local pid
    pid=$(cat "$FOLDER/dockerd.pid")
    kill "$pid"
    for _ in $(seq 60); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.5
    done
    echo "error: the engine did not end - process $pid - end it by hand" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "error: $1 - $(uname -n) - install one (docs/deploy.md), or run this as root on Debian" >&2
        exit 1
    fi
}

install_packages() {
    local missing=() name
    for name in "$@"; do
        [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "installing ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

start_engine() {
    echo "starting the engine"
    mkdir -p "$FOLDER"
    setsid dockerd --data-root "$FOLDER/data" --pidfile "$FOLDER/dockerd.pid" >"$FOLDER/dockerd.log" 2>&1 </dev/null &
    for _ in $(seq 60); do
        ! docker info >/dev/null 2>&1 || return 0
        sleep 0.5
    done
    tail -n 5 "$FOLDER/dockerd.log" >&2
    echo "error: the engine did not start - $FOLDER/dockerd.log - read the log" >&2
    exit 1
}

image() { # name, the function that makes it
    docker image inspect "$1" >/dev/null 2>&1 && return 0
    timeout 300 docker pull --quiet "$1" >/dev/null 2>&1 && return 0
    as_root "$1 cannot be pulled"
    install_packages debootstrap
    echo "making $1 from Debian's packages"
    local root
    root=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$root'" EXIT
    "$2" "$1" "$root"
    rm -rf "$root"
}

debian() { # folder, packages
    debootstrap --variant=minbase --include="$2" bookworm "$1" >"$FOLDER.debootstrap.log" 2>&1 || {
        tail -n 5 "$FOLDER.debootstrap.log" >&2
        echo "error: debootstrap failed - $FOLDER.debootstrap.log - read the log" >&2
        exit 1
    }
    rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*
}

python_image() {
    debian "$2" python3,python3-venv,ca-certificates
    # A proxy's own certificates, where this machine trusts some.
    cp -L /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/"
    tar -C "$2" -c . | docker import --change 'CMD ["python3"]' - "$1" >/dev/null
}

# What docker-compose.yml asks of the real one: its user, its volume, its variables, its folder of scripts for a new volume.
postgres_image() {
    debian "$2" postgresql-15
    chroot "$2" sh -c 'groupmod -g 999 postgres 2>/dev/null || groupmod -o -g 999 postgres; usermod -o -u 999 -g 999 postgres
        rm -rf /var/lib/postgresql; install -d -o postgres -g postgres /var/lib/postgresql/data /var/run/postgresql /docker-entrypoint-initdb.d
        chmod 3777 /var/run/postgresql'
    cat >"$2/usr/local/bin/docker-entrypoint.sh" <<'ENTRYPOINT'
#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086
    initdb --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-} >/dev/null
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl start --silent --wait -o "-c listen_addresses=''"
    for script in /docker-entrypoint-initdb.d/*.sh; do
        sh "$script"
    done
    pg_ctl stop --silent --wait --mode fast
fi
exec "$@"
ENTRYPOINT
    chmod 755 "$2/usr/local/bin/docker-entrypoint.sh"
    tar -C "$2" -c . | docker import \
        --change 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin' \
        --change 'ENV PGDATA=/var/lib/postgresql/data' \
        --change 'VOLUME /var/lib/postgresql/data' \
        --change 'ENTRYPOINT ["docker-entrypoint.sh"]' \
        --change "CMD [\"postgres\", \"-c\", \"listen_addresses=*\"]" - "$1" >/dev/null
}

case ${1:-} in
    start) mkdir -p "$FOLDER"; start ;;
    stop) stop ;;
    *) echo "usage: scripts/container-engine.sh start|stop" >&2; exit 2 ;;
esac
