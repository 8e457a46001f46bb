#!/bin/sh
# Makes benchmarks/.venv with the locked peers. Needs `make setup`, which brings uv and Python.
set -eu
cd "$(dirname "$0")/.."
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME || true

fail() { echo "benchmarks: $*" >&2; exit 1; }

venv=benchmarks/.venv lock=benchmarks/requirements.txt
uv=$(command -v uv || true)
[ -n "$uv" ] || uv=.uv/bin/uv
[ -x "$uv" ] || fail "there is no uv. Run make setup first."

# The two Pythons that the lock was tried with.
python= pyenv=$(pyenv root 2>/dev/null || true)
for candidate in ${BENCH_PYTHON:-.venv/bin/python python3.10 python3.11 python3 \
    ${pyenv:+"$pyenv"/versions/3.1[01].*/bin/python3}}; do
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
rm -rf $venv
"$uv" venv --quiet --python "$("$python" -c 'import sys; print(sys.executable)')" $venv ||
    fail "$python cannot make a virtual environment."
"$uv" pip sync --quiet --compile-bytecode --python $venv/bin/python $lock ||
    fail "the packages of $lock could not be installed, see above."
echo "$stamp" >$venv/.stamp
echo "benchmarks: ready in $venv"
