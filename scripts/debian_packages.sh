#!/bin/sh
# debian_packages.sh "purpose" package…: installs Debian packages when this is root on Debian or Ubuntu, else fails.
set -eu
purpose=$1
shift
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing: $purpose. Install it (Debian: apt-get install $*)" >&2
    exit 1
fi
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
echo "Installing $purpose ($*)" >&2
for attempt in 1 2 3; do
    if { apt-get update && apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    echo "  attempt $attempt failed" >&2
    sleep $((attempt * 2))
done
tail -15 "$log" >&2
echo "They could not be installed; apt-get's whole output is in $log" >&2
exit 1
