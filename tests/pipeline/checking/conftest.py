from __future__ import annotations

import pathlib

import pytest

SETTINGS = """
name: demo
root: {root}
schema: schema.pbtxt
training:
  data: rows.csv
  splits: {{by: column, column: part, values: {{train: [a], eval: [b]}}}}
  run_fn: my_trainer.run_fn
  eval_config: eval.pbtxt
  skew: skew.yaml
monitoring:
  data: new.csv
  drift: drift.yaml
  eval_config: eval.pbtxt
"""
FILES = {
    "rows.csv": "part,fare,tip\na,1.5,0\nb,2.5,1\n",
    "new.csv": "part,fare\na,1.5\n",
    "schema.pbtxt": (
        'default_environment: "TRAINING" default_environment: "SERVING" '
        'feature { name: "part" type: BYTES } feature { name: "fare" type: FLOAT } '
        'feature { name: "tip" type: INT not_in_environment: "SERVING" }'
    ),
    "eval.pbtxt": (
        'model_specs { label_key: "tip" } metrics_specs { metrics { class_name: "AUC" '
        "threshold { value_threshold { lower_bound { value: 0.5 } } } } }"
    ),
    "skew.yaml": "anomalies: {default: block}",
    "drift.yaml": "features: {fare: {ks: 0.1}}",
    "my_trainer.py": "def run_fn(fn_args): pass",
}


class Project:
    """A folder with a pipeline.yaml in which nothing is wrong, and all that it names."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.path = str(folder / "pipeline.yaml")
        for name, text in FILES.items():
            (folder / name).write_text(text)
        self.write(SETTINGS.format(root=folder / "root"))
        (folder / "root" / "state" / "demo-training" / "20260101T000000.000000Z").mkdir(
            parents=True
        )

    def write(self, text: str) -> None:
        """Writes the settings."""
        pathlib.Path(self.path).write_text(text)

    def change(self, old: str, new: str, name: str = "pipeline.yaml") -> None:
        """Changes a text that a file has once or more."""
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Returns a project of one's own, whose modules can be found."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return Project(tmp_path)
