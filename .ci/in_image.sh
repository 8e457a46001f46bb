#!/bin/sh
# What .ci/image runs in the image: the compiled pipeline $1 on taxi rows, task by task, by the
# commands of its containers.
set -eu
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
version=$(python -c 'import skewgate; print(skewgate.__version__)')
python -m skewgate.kubeflow.entrypoint --help >/dev/null
python - "$root" <<'END'
import pathlib, shutil, sys
from skewgate.pipeline import settings
from skewgate.pipeline.taxi import data
root = pathlib.Path(sys.argv[1])
bucket = root / "objects" / "gs" / "bucket"
data.prepare(str(root))
for source, name in ((root / "data" / "training.csv", "data"), (settings.DEFAULT.parent / "schema.pbtxt", "schema")):
    (bucket / name).mkdir(parents=True)
    shutil.copy(source, bucket / name)
END
sed "s/VERSION\$/$version/" "$1" >"$root/pipeline.yaml"  # golden files name no version
python -m skewgate run --from-spec "$root/pipeline.yaml" --root "$root"
