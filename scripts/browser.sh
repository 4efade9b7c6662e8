#!/bin/sh
# The Chromium of the page tests. `path` prints where it is; `install` fetches Debian's when there is none and we may.
# Set CHROMIUM to use another one.
set -eu

path() {
    if [ -n "${CHROMIUM:-}" ]; then
        printf '%s\n' "$CHROMIUM"
        return 0
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" 2>/dev/null && return 0
    done
    return 1
}

install() {
    path >/dev/null && return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "The page tests need Chromium and none was found. Install it (Debian: apt-get install chromium)" >&2
        echo "or name one: make test CHROMIUM=/path/to/chromium" >&2
        return 1
    fi
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    echo "Installing Chromium for the page tests (apt-get, about 100 MB)" >&2
    for attempt in 1 2 3; do
        if { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } \
            >"$log" 2>&1 && path >/dev/null
        then
            rm -f "$log"
            return 0
        fi
        echo "  attempt $attempt failed" >&2
        sleep $((attempt * 2))
    done
    tail -15 "$log" >&2
    echo "Chromium could not be installed; apt-get's whole output is in $log" >&2
    return 1
}

"$1"
