#!/usr/bin/env bash
# Sees to it that a Docker engine answers and that bubblewrap is there. Installs and starts them where
# that can be done without asking: as root on a Debian-like system. Elsewhere it says what to do; the exit
# status is 1 where no engine answers.
set -u
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
answers() { timeout 10 docker info >/dev/null 2>&1; }
log=/var/log/debugworld-dockerd.log

if ! command -v bwrap >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing bubblewrap (apt-get install bubblewrap) ..." >&2
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            bubblewrap; } >/var/log/debugworld-bubblewrap.log 2>&1 </dev/null ||
            echo "The installation failed, see /var/log/debugworld-bubblewrap.log" >&2
    else
        echo "No bubblewrap here, for the sandbox 'bwrap': sudo apt-get install bubblewrap" >&2
    fi
fi

answers && exit 0

advise() {
    cat >&2 <<TEXT
No Docker engine answers: $1
To get one: install Docker (Debian, Ubuntu: sudo apt-get install docker.io), start it (sudo systemctl
start docker), and let this user reach it (sudo usermod -aG docker \$USER, then log in again); or point
DOCKER_HOST at an engine elsewhere. Without it use --sandbox process, for programs that you trust only.
TEXT
    exit 1
}

[ -z "${DOCKER_HOST:-}" ] || advise "DOCKER_HOST is $DOCKER_HOST"
[ "$(id -u)" = 0 ] || advise "and this user is not root"

if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    command -v apt-get >/dev/null || advise "and there is no apt-get to install one with"
    echo "Installing a Docker engine (apt-get install docker.io iptables) ..." >&2
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends docker.io iptables; } \
        >"$log" 2>&1 </dev/null || advise "and the installation failed, see $log"
fi

if ! answers; then
    # Detached, with no descriptor of the caller: it outlives this script and holds no pipe open. Its own
    # pid file, because the usual one may be left from an engine that was killed; a second try, because
    # such an engine may take a moment to be gone.
    for _ in 1 2; do
        setsid dockerd --pidfile "/run/debugworld-dockerd-$$.pid" >>"$log" 2>&1 </dev/null &
        pid=$!
        for _ in $(seq 60); do
            answers && break 2
            kill -0 "$pid" 2>/dev/null || break
            sleep 1
        done
        sleep 3
    done
    answers || advise "dockerd was started and does not answer, see $log"
    echo "Started a Docker engine: pid $pid, log $log. To stop it: kill $pid" >&2
fi
