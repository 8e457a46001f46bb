#!/bin/sh
# What .ci/image runs in the image: both taxi pipelines, compiled there, task by task by the commands
# of their containers. Training must pass, and monitoring must find what drifted in 2016.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cd "$root"
python -m skewgate.kubeflow.entrypoint --help >/dev/null
python -c 'from skewgate.pipeline import settings; settings.load().prepare_data()'
for pipeline in training monitoring; do
    python -m skewgate compile "$pipeline" --target kubeflow --image skewgate:ci \
        --pipeline-root "$root/pipelines" --out "$pipeline.yaml"
done
python -m skewgate run --from-spec training.yaml
code=0
python -m skewgate run --from-spec monitoring.yaml 2>said || code=$?
cat said
if [ "$code" != 1 ] || ! grep -q "payment_type linf" said || ! grep -q "trip_miles ks" said; then
    echo "in_image: monitoring ended with $code; 1 and what drifted were expected" >&2
    exit 1
fi
