# What the scripts share: where things are, private servers on free ports, and ending what was started. Sourced.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
run_dir=${FUNDING_RUN_DIR:-$root/.run}

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "error: $*"
    exit 1
}

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing: run 'make setup'"
    done
}

# build_programs: builds the suite as it is installed and measured, with everything of Swift inside the programs.
# Sets bin.
build_programs() {
    local build=(swift build --package-path "$root" -c release --static-swift-stdlib --scratch-path "$root/.build-install")
    # Left out: progress, and what the linker says of a function inside Swift's own library. Nothing may be left over.
    { "${build[@]}" 2>&1 || fail "the build failed"; } | { grep -vE '^\[[0-9]+/[0-9]+\]|mktemp' >&2 || true; }
    bin=$("${build[@]}" --show-bin-path)
}

# build_dashboard: builds the dashboard unless it is as new as what it is made of.
build_dashboard() {
    local page=$run_dir/dashboard/index.html
    [ -f "$page" ] && [ -z "$(find "$root/Sources/Dashboard" "$root/scripts/dashboard" -newer "$page" -print -quit)" ] ||
        "$root/scripts/dashboard" "$run_dir/dashboard"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

postgres_bin() {
    local dir version
    for version in $(ls /usr/lib/postgresql 2>/dev/null | grep -E '^[0-9]+$' | sort -rn); do
        dir=/usr/lib/postgresql/$version/bin
        [ "$version" -lt 15 ] || [ ! -x "$dir/postgres" ] || { printf '%s\n' "$dir"; return; }
    done
    dir=/usr/local/pgsql/bin
    [ -x "$dir/postgres" ] && { printf '%s\n' "$dir"; return; }
    fail "no Postgres server of version 15 or newer is installed: run 'make setup'"
}

# Postgres refuses root; its own user runs it then.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# start_postgres DIR: a private server with its data under DIR (kept if it is there), trusting loopback.
# Sets postgres_port and postgres_data.
start_postgres() {
    local dir=$1 bin name
    bin=$(postgres_bin)
    mkdir -p "$dir"
    postgres_data=$dir/postgres
    # The server's user must reach the folder; a private home directory is no place for it then.
    if [ "$(id -u)" = 0 ] && ! runuser -u postgres -- test -x "$dir"; then
        name=$(printf '%s' "$dir" | cksum | cut -d' ' -f1)
        postgres_data=/var/tmp/funding-suite-$name/postgres
        install -d -o postgres "$(dirname "$postgres_data")"
    fi
    [ "$(id -u)" != 0 ] || install -d -o postgres -m 700 "$postgres_data"
    # Data that is kept belongs to the version that made it.
    name=/usr/lib/postgresql/$(as_postgres cat "$postgres_data/PG_VERSION" 2>/dev/null || true)/bin
    [ ! -x "$name/postgres" ] || bin=$name
    if [ ! -f "$postgres_data/PG_VERSION" ]; then
        as_postgres "$bin/initdb" -D "$postgres_data" -U postgres -A trust -E UTF8 --no-locale --no-sync >/dev/null
        as_postgres tee -a "$postgres_data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 500
shared_buffers = 256MB
fsync = ${FUNDING_FSYNC:-on}
timezone = 'UTC'
CONF
    fi
    postgres_port=${2:-$(free_port)}
    as_postgres "$bin/pg_ctl" -D "$postgres_data" -w -s -l "$postgres_data/server.log" -o "-p $postgres_port" start \
        </dev/null || fail "Postgres did not start: $postgres_data/server.log"
    # A port can be taken between choosing and binding it: whoever answers there must be ours.
    name=$(psql -qAt -h 127.0.0.1 -p "$postgres_port" -U postgres -c 'SHOW data_directory')
    [ "$name" = "$postgres_data" ] || fail "another Postgres answers on port $postgres_port"
}

stop_postgres() {
    local data=$1
    [ -f "$data/postmaster.pid" ] || return 0
    as_postgres "$(postgres_bin)/pg_ctl" -D "$data" -m fast -w -s stop </dev/null || true
}

# start_redis DIR: a private server that keeps nothing. Sets redis_port and redis_pid.
start_redis() {
    local dir=$1 tries
    need redis-server redis-cli
    mkdir -p "$dir/redis"
    redis_port=${2:-$(free_port)}
    redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$dir/redis" --save '' --appendonly no --daemonize no \
        >"$dir/redis/server.log" 2>&1 </dev/null &
    redis_pid=$!
    for tries in $(seq 100); do
        if [ "$(redis-cli -p "$redis_port" config get dir 2>/dev/null | tail -n 1)" = "$dir/redis" ]; then return; fi
        kill -0 "$redis_pid" 2>/dev/null || break
        sleep 0.1
    done
    fail "Redis did not start: $dir/redis/server.log"
}

# end PID...: asks each to end, and insists after ten seconds.
end() {
    local pid tries
    for pid in "$@"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "$@"; do
        for tries in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
    done
}
