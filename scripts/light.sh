#!/bin/sh
# Makes .venv-light-VERSION of requirements/light.txt, which has no TFX, and runs the core's tests there.
#
# LIGHT_PYTHON names the interpreter, by its name or path; without it that of .venv is taken. The
# arguments are for pytest; without any all of tests/unit is run.
set -eu
unset CDPATH VIRTUAL_ENV PYTHONPATH PYTHONHOME || true
cd "$(dirname "$0")/.."

fail() { echo "light: $*" >&2; exit 2; }

uv=.uv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    make --no-print-directory setup
    uv=.uv/bin/uv
fi
python=${LIGHT_PYTHON:-}
if [ -z "$python" ]; then
    python=.venv/bin/python
    [ -x "$python" ] || python=python3
fi
command -v "$python" >/dev/null 2>&1 || fail "LIGHT_PYTHON is '$python', and nothing has that name."
version=$("$python" -IS -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])') ||
    fail "'$python' is no Python."
case "$version" in
3.10.* | 3.11.* | 3.12.* | 3.13.*) ;;
*) fail "'$python' is Python $version. Take 3.10 to 3.13." ;;
esac

venv=.venv-light-$version
lock=requirements/light.txt
stamp="$version $(cksum <"$lock")"
if [ "$(cat "$venv/.skewgate-stamp" 2>/dev/null || true)" != "$stamp" ]; then
    echo "light: Python $version, $lock"
    rm -rf "$venv"
    base=$("$python" -c 'import os, sys; print(os.path.realpath(sys._base_executable))')
    "$uv" venv --quiet --python "$base" "$venv"
    "$uv" pip sync --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes \
        --build-constraints "$lock" --require-build-hashes "$lock"
    echo "$stamp" >"$venv/.skewgate-stamp"
fi
# The tests import skewgate from this checkout.
[ $# != 0 ] || set -- -n 2 --no-loadscope-reorder tests/unit
exec "$venv/bin/pytest" --import-mode=importlib "$@"
