"""Running a compiled pipeline needs no TFX but in the containers."""

import json
import subprocess
import sys

HEAVY = {"tensorflow", "tfx", "apache_beam", "ml_metadata"}


def test_a_compiled_pipeline_runs_without_tfx_in_the_launcher(pipeline, tmp_path):
    pipeline.add("a")
    code = (
        "import json, sys\n"
        "from skewgate.cli.main import main\n"
        "assert main(['run', '--from-spec', sys.argv[1], '--root', sys.argv[2]]) == 0\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    words = [sys.executable, "-c", code, pipeline.write(tmp_path / "a.yaml"), str(tmp_path / "out")]
    out = subprocess.run(words, capture_output=True, text=True, check=True, timeout=120).stdout
    loaded = {name.split(".")[0] for name in json.loads(out.splitlines()[-1])}
    assert "skewgate" in loaded
    assert loaded & HEAVY == set()
