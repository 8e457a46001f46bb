#!/bin/sh
# Resolves the lock files, with the hashes of every file that may be installed.
#
#   scripts/locks.sh            keeps each version that is locked, and adds what is missing
#   scripts/locks.sh --upgrade  takes the newest versions that fit
#
# uv itself is locked in requirements/uv.txt. What the image installs is in image-STACK.txt: what
# setup.py asks for with the extras tfx, kubeflow and serve, at the versions of STACK.txt. The constraints in
# the wheel, skewgate/stacks/STACK.txt, are the same without hashes. light.txt is for the tests of the
# core without TFX, on the newest versions of all it needs.
set -eu
unset CDPATH VIRTUAL_ENV PYTHONPATH PYTHONHOME || true
cd "$(dirname "$0")/.."

fail() { echo "locks: $*" >&2; exit 2; }

upgrade=
case "${1:-}" in
"") ;;
--upgrade) upgrade=--upgrade ;;
*) fail "takes nothing but --upgrade, got '$1'." ;;
esac
uv=.uv/bin/uv
[ -x "$uv" ] || uv=$(command -v uv || true)
[ -x "$uv" ] || fail "there is no uv. Run make setup first."

# What the header of a lock names.
export UV_CUSTOM_COMPILE_COMMAND=scripts/locks.sh

resolve() { # LOCK ARGUMENTS...
    lock=$1
    shift
    echo "locks: $lock"
    "$uv" pip compile --quiet --generate-hashes --output-file "$lock" "$@"
}

resolve requirements/uv.txt --universal --python-version 3.10 $upgrade requirements/uv.in
resolve requirements/tfx116.txt --python-version 3.10 --python-platform x86_64-manylinux_2_28 \
    $upgrade requirements/tfx116.in
resolve requirements/tfx121.txt --universal --python-version 3.10 $upgrade requirements/tfx121.in
resolve requirements/light.txt --universal --python-version 3.10 $upgrade \
    --build-constraints requirements/tfx116.txt requirements/light.in setup.py
resolve benchmarks/requirements.txt --universal --python-version 3.10 $upgrade \
    benchmarks/requirements.in

# These take their versions from the locks above, and none of their own.
for stack in tfx116 tfx121; do
    if [ $stack = tfx116 ]; then
        set -- --python-platform x86_64-manylinux_2_28
    else
        set -- --universal
    fi
    resolve requirements/image-$stack.txt --upgrade --no-annotate --python-version 3.10 "$@" \
        --constraint requirements/$stack.txt --build-constraints requirements/$stack.txt \
        --extra tfx --extra kubeflow --extra serve setup.py
done
python3 -m scripts.constraints
