#!/usr/bin/env bash
# Sees to it that a Chromium with its driver is there, for the tests that open a page. Installs one
# where that can be done without asking: as root on a Debian-like system. Elsewhere it changes nothing.
set -u
command -v chromium >/dev/null && command -v chromedriver >/dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "No Chromium here: the tests that open a page are skipped. To get one: apt-get install chromium-driver" >&2
    exit 1
fi
log=/var/log/debugworld-chromium.log
echo "Installing Chromium for the tests (apt-get install chromium chromium-driver) ..." >&2
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver; } >"$log" 2>&1 </dev/null || {
    echo "The installation failed, see $log" >&2
    exit 1
}
