#!/bin/sh
# Makes or refreshes .venv with the extras named by $1 (demo or dev). Does nothing, in milliseconds, when it is fresh.
set -eu
cd "$(dirname "$0")/.."
extras=$1
log=.venv/install.log

say() { printf '%s\n' "$*" >&2; }

# The stamp goes stale with the pinned versions, and when the checkout moved (scripts name their interpreter by path).
fingerprint() { { pwd -P; cat pyproject.toml constraints.txt; } | cksum; }

fresh() {
    for done in "$@"; do
        if [ "$(cat ".venv/.installed-$done" 2>/dev/null)" = "$(fingerprint)" ] && .venv/bin/python -c '' 2>/dev/null
        then return 0
        fi
    done
    return 1
}

# A name on the PATH is not enough: version managers leave shims that fail, and `python3` may be too old.
find_python() {
    for candidate in ${PYTHON:-python3} python3.13 python3.12 python3.11 python3.14 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            printf '%s' "$candidate"
            return 0
        fi
    done
    say "Python 3.11 or newer is needed and none was found (looked for python3, python3.11, python3.12, python3.13)."
    say "Install it (Debian: apt-get install python3 python3-venv) or name one: make demo PYTHON=/path/to/python3"
    return 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        say "$("$python" --version) has no venv/ensurepip module. On Debian and Ubuntu: apt-get install python3-venv"
        return 1
    fi
    say "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || { say "The environment could not be made (see above)."; return 1; }
    # venv installs the pip and setuptools that Python shipped with, which may have known vulnerabilities.
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --retries 5 --quiet --upgrade \
        -c constraints.txt pip setuptools || say "  pip and setuptools could not be upgraded; going on with the old ones"
}

# pip in silence, with a sign of life; its whole output is in the log. The machine's pip configuration is in force.
pip_install() {
    .venv/bin/python -m pip install --disable-pip-version-check --no-input --retries 5 --progress-bar off \
        -c constraints.txt -e ".[$extras]" >"$log" 2>&1 &
    pip=$!
    trap 'kill $pip 2>/dev/null; exit 130' INT TERM
    waited=0
    while kill -0 $pip 2>/dev/null; do
        sleep 1
        waited=$((waited + 1))
        if [ $((waited % 5)) -eq 0 ]; then
            say "  ... $(grep -c '^Collecting' "$log" || true) packages looked up, $waited s"
        fi
    done
    trap - INT TERM
    wait $pip
}

install() {
    say "Installing serializer-app with its '$extras' requirements (versions of constraints.txt)"
    for attempt in 1 2 3; do
        if pip_install; then
            fingerprint >".venv/.installed-$extras"
            say "Environment ready."
            return 0
        fi
        say "Attempt $attempt failed: $(grep -i '^ *error' "$log" | tail -1)"
        sleep $attempt
    done
    tail -15 "$log" >&2
    say "The requirements could not be installed; the whole of pip's output is in $log"
    return 1
}

# The dev extras contain the demo's.
if [ "$extras" = demo ]; then fresh demo dev && exit 0; else fresh dev && exit 0; fi
if ! { [ -x .venv/bin/python ] && .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' &&
    grep -qxF "$(pwd -P)" .venv/.made-in; } 2>/dev/null
then
    make_venv
    pwd -P >.venv/.made-in
fi
install
