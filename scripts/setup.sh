#!/bin/sh
# Makes .venv with the locked stack that fits this machine. Does nothing if that is done already.
set -eu
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME || true

fail() { echo "setup: $*" >&2; exit 1; }

python= reason=
# pyenv's shims answer for the version in .python-version alone; its other versions count too.
pyenv=$(pyenv root 2>/dev/null || true)
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10 python \
    ${pyenv:+"$pyenv"/versions/*/bin/python3}}; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 6))' >/dev/null 2>&1 || continue
    if answer=$("$candidate" scripts/select_stack.py 2>&1); then
        python=$candidate lock=$answer
        break
    fi
    [ -n "$reason" ] || reason=$answer
done
[ -n "$python" ] || fail "${reason:-no Python 3 found. Install Python 3.10 to 3.13, or set PYTHON to one.}"

version=$("$python" -c 'import platform; print(platform.python_version())')
stamp="$version $(cat "$lock" setup.py | cksum)"
[ "$(cat .venv/.skewgate-stamp 2>/dev/null)" != "$stamp" ] || exit 0

echo "setup: Python $version, $lock"
rm -rf .venv
"$python" -m venv --without-pip .venv || fail "$python cannot make a virtual environment."
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    # uv lives beside .venv, not in it: syncing to the lock would remove it.
    if [ ! -x .uv/bin/uv ]; then
        rm -rf .uv
        "$python" -m venv .uv ||
            fail "$python has no ensurepip. Install the python3-venv package of your system, or uv."
        .uv/bin/python -m pip install --quiet --disable-pip-version-check uv
    fi
    uv=.uv/bin/uv
fi
"$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python "$lock" ||
    fail "the packages of $lock could not be installed, see above. pyfarmhash has no wheel for the" \
        "newest Python: it needs a C++ compiler and the Python headers (Debian: g++ python3-dev)."
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
echo "$stamp" >.venv/.skewgate-stamp
echo "setup: ready in .venv"
