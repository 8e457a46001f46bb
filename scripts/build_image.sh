#!/usr/bin/env bash
# Builds kubeflow/Dockerfile with whatever of docker, podman and buildah works here.
#
# IMAGE   name of the image (skewgate:VERSION)
# BASE    base image (the Dockerfile's)
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
[ "$stack" = tfx121 ] || [ -n "${BASE:-}" ] ||
    fail "STACK=$stack needs a base image with Python 3.10, such as BASE=docker.io/library/python:3.10-slim-bookworm."
for name in INDEX CA; do
    [ -z "${!name:-}" ] || [ -f "${!name}" ] || fail "$name names no file: ${!name}"
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
    --label "org.opencontainers.image.version=$version")
[ -z "${BASE:-}" ] || arguments+=(--build-arg "BASE=$BASE")
[ -z "${INDEX:-}" ] || arguments+=(--secret "id=index,src=$INDEX")
[ -z "${CA:-}" ] || arguments+=(--secret "id=ca,src=$CA")
echo "make image: $image, $stack, built by $builder"
case "$builder" in
docker) DOCKER_BUILDKIT=1 docker build "${arguments[@]}" "$@" . ;;
podman) podman build --layers "${arguments[@]}" "$@" . ;;
# chroot isolation needs no privileges that a container or a plain virtual machine may lack.
buildah) buildah build --layers --isolation chroot "${arguments[@]}" "$@" . ;;
esac
