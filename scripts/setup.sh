#!/bin/sh
# Makes .venv with the locked stack that fits this machine. Does nothing if that is done already.
#
# What is there is replaced only by what is ready: packages are installed into .venv.new, and a run
# that fails or is stopped leaves .venv as it was. The packages are bound to no folder: a checkout
# that was moved or copied keeps them, and is only installed again, which needs no network.
set -eu
unset CDPATH VIRTUAL_ENV PYTHONPATH PYTHONHOME || true
cd "$(dirname "$0")/.."

kept=
fail() { echo "setup: $*$kept" >&2; exit 1; }

version_of() { "$1" -IS -c 'import platform; print(platform.python_version())' 2>/dev/null || true; }

# What was chosen may be the environment's own Python, which is gone when that is replaced.
base_of() {
    "$1" -c 'import os, sys
base = getattr(sys, "_base_executable", sys.executable)
print(sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(base))'
}

if [ -n "${PYTHON:-}" ]; then
    missing="PYTHON is '$PYTHON', and no Python 3 runs under that name. Set it to the path of one."
    set -- "$PYTHON"
else
    missing="no Python 3 found. Install Python 3.10 to 3.13, or set PYTHON to one."
    # What was chosen once stays. pyenv's shims answer for the version in .python-version alone; its
    # other versions count too.
    pyenv=$(pyenv root 2>/dev/null || true)
    set -- .venv/bin/python python3 python3.13 python3.12 python3.11 python3.10 python \
        ${pyenv:+"$pyenv"/versions/*/bin/python3}
fi
python= lock= reason=
for candidate in "$@"; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    "$candidate" -IS -c 'import sys; sys.exit(sys.version_info < (3, 7))' >/dev/null 2>&1 || continue
    if answer=$("$candidate" -IS scripts/select_stack.py 2>&1); then
        python=$candidate lock=$answer
        break
    fi
    reason=${reason:-$answer}
done
[ -n "$python" ] || fail "${reason:-$missing}"

version=$(version_of "$python")
packages="$version $(cksum <"$lock")"
stamp="$packages $(cksum <setup.py) $(pwd -P)"
# A run that was stopped between the two renamings at the end left its environment under this name.
[ -e .venv ] || [ ! -f .venv.new/.skewgate-stamp ] || mv .venv.new .venv
target=.venv.new
if [ "$(version_of .venv/bin/python)" = "$version" ]; then
    found=$(cat .venv/.skewgate-stamp 2>/dev/null || true)
    [ "$found" != "$stamp" ] || exit 0
    case "$found" in
    "$packages "*)
        [ ! -L .venv ] || exit 0 # the environment of another checkout, which stays its own
        target=.venv ;;
    esac
fi
[ ! -e .venv ] || kept=" .venv is as it was."

# A uv that is installed here is taken if it checks hashes, those of what packages are built with too.
uv=$(command -v uv || true)
if [ -z "$uv" ] || ! "$uv" pip sync --help 2>/dev/null | grep -q -e --require-build-hashes; then
    # uv lives beside .venv, not in it: syncing to the lock would remove it.
    uv=.uv/bin/uv
    pinned=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements/uv.txt)
    case "$("$uv" --version 2>/dev/null || true) " in
    "uv $pinned "*) ;;
    *)
        rm -rf .uv
        "$python" -m venv .uv ||
            fail "$python has no ensurepip. Install the python3-venv package of your system, or uv."
        .uv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
            --require-hashes --requirement requirements/uv.txt ||
            fail "uv could not be installed, see above. Install it, or give pip a network." ;;
    esac
fi

install() { # installs this checkout into $target, and sees that its command runs
    "$uv" pip install --quiet --python "$target/bin/python" --no-deps --no-build-isolation --editable . &&
        "$target/bin/skewgate" --version >/dev/null || fail "this checkout could not be installed, see above."
    echo "$stamp" >"$target/.skewgate-stamp"
}
if [ "$target" = .venv ]; then
    echo "setup: this checkout again, in .venv"
    install
else
    echo "setup: Python $version, $lock"
    rm -rf .venv.new
    trap 'rm -rf .venv.new' EXIT
    trap 'exit 130' INT TERM
    "$uv" venv --quiet --relocatable --prompt skewgate .venv.new \
        --python "$(base_of "$python")" ||
        fail "$python cannot make a virtual environment."
    # What some packages are built with comes from the lock, too.
    "$uv" pip sync --quiet --compile-bytecode --python .venv.new/bin/python --require-hashes \
        --build-constraints "$lock" --require-build-hashes "$lock" ||
        fail "the packages of $lock could not be installed, see above. Without a network," \
            "UV_OFFLINE=1 takes what uv has kept. pyfarmhash has no wheel for the newest Python: it" \
            "needs a C++ compiler and the Python headers (Debian: g++ python3-dev)."
    install
    trap - EXIT INT TERM
    rm -rf .venv.old
    if [ -e .venv ] || [ -L .venv ]; then mv .venv .venv.old; fi
    mv .venv.new .venv
fi
rm -rf .venv.old
echo "setup: ready in .venv"
