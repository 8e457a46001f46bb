#!/usr/bin/env bash
# Builds kubeflow/Dockerfile with whatever of docker, podman and buildah works here.
#
# IMAGE   name of the image (skewgate:VERSION)
# BASE    base image, by its digest: NAME@sha256:... (needed). A tag may name another image tomorrow.
# ANY_BASE  1 takes a BASE without a digest: one that was made here, or a trial
# STACK   tfx121 or tfx116 (tfx121)
# BUILDER docker, podman or buildah (the first that works)
# INDEX   shell file of exported variables for pip and uv, CA a bundle of certificates: needed only
#         where the package index is not PyPI; neither gets into the image
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "make image: $*" >&2; exit 2; }

works() { "$1" info >/dev/null 2>&1; }

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' skewgate/__init__.py)
image=${IMAGE:-skewgate:$version}
stack=${STACK:-tfx121}
[ -f "requirements/$stack.txt" ] || fail "STACK must be tfx121 or tfx116, got '$stack'."
usual=docker.io/library/python:3.12-slim-trixie
[ "$stack" = tfx121 ] || usual=docker.io/library/python:3.10-slim-bookworm
[ -n "${BASE:-}" ] ||
    fail "BASE is not set. Give a base image by its digest, such as that of $usual: BASE=${usual%:*}@sha256:..."
[[ "$BASE" =~ @sha256:[0-9a-f]{64}$ ]] || [ "${ANY_BASE:-}" = 1 ] ||
    fail "BASE has no digest: $BASE. Look it up (docker buildx imagetools inspect $BASE) and give ${BASE%%@*}@sha256:..., or set ANY_BASE=1 to build on whatever the name stands for now."
for name in INDEX CA; do
    [ -z "${!name:-}" ] || [ -f "${!name}" ] || fail "$name does not name a file: ${!name}"
done

builder=${BUILDER:-}
case "$builder" in
"")
    for candidate in docker podman buildah; do
        if works "$candidate"; then builder=$candidate; break; fi
    done
    [ -n "$builder" ] ||
        fail "none of docker, podman and buildah works here. Install one (Debian: apt-get install buildah), or start its service." ;;
docker | podman | buildah)
    works "$builder" || fail "'$builder info' fails here. Install $builder, or start its service." ;;
*) fail "BUILDER must be docker, podman or buildah, got '$builder'." ;;
esac

arguments=(--file kubeflow/Dockerfile --tag "$image" --build-arg "STACK=$stack"
    --label "org.opencontainers.image.version=$version" --build-arg "BASE=$BASE"
    --label "org.opencontainers.image.base.name=$BASE")
[ -z "${INDEX:-}" ] || arguments+=(--secret "id=index,src=$INDEX")
[ -z "${CA:-}" ] || arguments+=(--secret "id=ca,src=$CA")
echo "make image: $image, $stack, built by $builder"
case "$builder" in
docker) DOCKER_BUILDKIT=1 docker build "${arguments[@]}" "$@" . ;;
podman) podman build --layers "${arguments[@]}" "$@" . ;;
# chroot isolation needs no privileges that a container or a plain virtual machine may lack.
buildah) buildah build --layers --isolation chroot "${arguments[@]}" "$@" . ;;
esac
