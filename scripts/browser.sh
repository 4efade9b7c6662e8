#!/bin/sh
# The Chromium of the page tests. `path` prints where it is; `install` gets Debian's when there is none.
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
    "$(dirname "$0")/debian_packages.sh" "Chromium for the page tests, about 100 MB" chromium fonts-dejavu-core && return 0
    echo "Or name one: make test CHROMIUM=/path/to/chromium" >&2
    return 1
}

"$1"
