#!/bin/sh
# What .ci/image runs in the image of docs/examples/image: the taxi training pipeline, with the model
# that was put on top, compiled there and run task by task by the commands of its containers.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
cd "$root"
python - <<END
import yaml
from skewgate.pipeline import settings

content = yaml.safe_load(settings.TAXI.read_text())
training = content["training"]
for section, name in [(content, "schema")] + [(training, n) for n in ("skew", "performance", "eval_config")]:
    section[name] = str(settings.TAXI.parent / section[name])
training["run_fn"] = "my_model.trainer.run_fn"
del content["monitoring"]
with open("pipeline.yaml", "w") as stream:
    yaml.safe_dump(content, stream)
settings.load("pipeline.yaml").prepare_data()
END
python -m skewgate compile training --config pipeline.yaml --target kubeflow \
    --image registry.example.org/team/taxi:v1 --pipeline-root "$root/pipelines" --out training.yaml
grep -q my_model.trainer.run_fn training.yaml
python -m skewgate run --from-spec training.yaml
