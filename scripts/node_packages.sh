#!/bin/sh
# Installs the npm packages that `make check` needs (package.json). Does nothing when they are there.
set -eu
cd "$(dirname "$0")/.."
wanted=$(cksum <package-lock.json)
[ "$(cat node_modules/.installed 2>/dev/null)" = "$wanted" ] && exit 0
if ! command -v npm >/dev/null; then
    echo "Node.js with npm is needed to check scripts and styles (Debian: apt-get install nodejs npm)." >&2
    exit 1
fi
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
printf '%s' "$wanted" >node_modules/.installed
