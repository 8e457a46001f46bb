#!/bin/sh
# Makes benchmarks/.venv with the locked peers. Needs `make setup`, which brings uv and Python. As
# there, what works is replaced only by what is ready.
set -eu
unset CDPATH VIRTUAL_ENV PYTHONPATH PYTHONHOME || true
cd "$(dirname "$0")/.."

fail() { echo "benchmarks: $*" >&2; exit 1; }

# As in scripts/setup.sh: the environment's own Python is gone when that is replaced.
base_of() {
    "$1" -c 'import os, sys
base = getattr(sys, "_base_executable", sys.executable)
print(sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(base))'
}

venv=benchmarks/.venv new=benchmarks/.venv.new lock=benchmarks/requirements.txt
uv=.uv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv || true)
[ -x "$uv" ] || fail "there is no uv. Run make setup first."

# The two Pythons that the lock was tried with.
if [ -n "${BENCH_PYTHON:-}" ]; then
    set -- "$BENCH_PYTHON"
else
    pyenv=$(pyenv root 2>/dev/null || true)
    set -- .venv/bin/python python3.10 python3.11 python3 \
        ${pyenv:+"$pyenv"/versions/3.1[01].*/bin/python3}
fi
python=
for candidate in "$@"; do
    "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 11)))' \
        >/dev/null 2>&1 || continue
    python=$candidate
    break
done
[ -n "$python" ] || fail "no Python 3.10 or 3.11 found. Install one, or set BENCH_PYTHON to one."

version=$("$python" -c 'import platform; print(platform.python_version())')
stamp="$version $(cksum <"$lock")"
[ "$(cat $venv/.stamp 2>/dev/null)" != "$stamp" ] || exit 0

echo "benchmarks: Python $version, $lock"
rm -rf $new
trap 'rm -rf $new' EXIT
trap 'exit 130' INT TERM
"$uv" venv --quiet --relocatable --python "$(base_of "$python")" $new ||
    fail "$python cannot make a virtual environment."
"$uv" pip sync --quiet --compile-bytecode --python $new/bin/python --require-hashes \
    --build-constraints requirements/tfx116.txt --require-build-hashes $lock ||
    fail "the packages of $lock could not be installed, see above."
echo "$stamp" >$new/.stamp
trap - EXIT INT TERM
rm -rf $venv
mv $new $venv
echo "benchmarks: ready in $venv"
