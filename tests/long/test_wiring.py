"""Every optional input of every component behind a false condition, and models without content."""

from __future__ import annotations

import contextlib
import json
import pathlib

import pytest
import tensorflow as tf
from tfx.dsl.components.base import base_beam_executor
from tfx.orchestration.local import local_dag_runner
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.performance_gate import executor
from skewgate.components.performance_gate.component import PerformanceGate
from skewgate.core.errors import InputError
from skewgate.pipeline.settings import LOCAL_BEAM
from tests.last_run import last_run
from tests.wired_components import ALLOW, OPTIONAL, make_pipeline, node_id

STOP = ("SkewStatisticsGen", "StateLookup", "TabularExampleGen")
"""Components that cannot say that an input is missing but by an error, which stops a pipeline."""


def last(root):
    found = last_run(str(root / "metadata.sqlite"))
    return {record.node: record for record in found if record.node != "There"}


def test_a_producer_that_cond_skips_opens_nothing_whatever_is_connected(tmp_path):
    cases = [case for case in OPTIONAL if case[0] not in STOP]
    local_dag_runner.LocalDagRunner().run(make_pipeline(cases, tmp_path))
    ran = last(tmp_path)
    assert {node: record.state for node, record in ran.items()} == {
        node_id(*case): "COMPLETE" for case in cases
    }
    reports = [report for record in ran.values() for report in record.reports]
    judges = ("Evaluator", "Gate", "Validator")
    assert len(reports) == sum(name.endswith(judges) for name, _ in cases)
    assert not any(report.blessed for report in reports)
    assert not (tmp_path / "serving").exists()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("name", "key"), [case for case in OPTIONAL if case[0] in STOP])
def test_a_component_that_publishes_no_verdict_stops_the_pipeline(tmp_path, name, key):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("fare\n1.5\n")
    with pytest.raises(InputError, match=f"^{name}: {key} is connected but empty"):
        local_dag_runner.LocalDagRunner().run(make_pipeline([(name, key)], tmp_path))
    assert last(tmp_path)[node_id(name, key)].state == "FAILED"


EVAL_CONFIG = """
model_specs { %s label_key: "label" }
metrics_specs { metrics { class_name: "AUC" threshold {
  value_threshold { lower_bound { value: 0.1 } }
  change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.5 } } } } }
"""


@pytest.fixture
def judge(tmp_path):
    """Runs PerformanceGate on rows with good predictions; returns its outputs."""
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(tmp_path / "examples"), '["eval"]'
    folder = pathlib.Path(artifact_utils.get_split_uri([examples], "eval"))
    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(f"{folder}/rows.gz", "GZIP") as writer:
        for number in range(200):
            example = tf.train.Example()
            example.features.feature["label"].int64_list.value.append(number % 2)
            example.features.feature["score"].float_list.value.append(0.25 + number % 2 / 2)
            writer.write(example.SerializeToString())

    def run(**inputs):
        kinds = PerformanceGate.SPEC_CLASS.OUTPUTS
        outputs = {key: [parameter.type()] for key, parameter in kinds.items()}
        for key, (artifact,) in outputs.items():
            artifact.uri = str(tmp_path / key)
            pathlib.Path(artifact.uri).mkdir()
        given = {"examples": [examples], **{key: [each] for key, each in inputs.items()}}
        context = base_beam_executor.BaseBeamExecutor.Context(
            beam_pipeline_args=[*LOCAL_BEAM], tmp_dir=str(tmp_path / "tmp"), unique_id="1"
        )
        prediction = "" if "model" in inputs else 'prediction_key: "score"'
        parameters = {
            "eval_config": EVAL_CONFIG % prediction,
            "example_splits": '["eval"]',
            "config": ALLOW % "",
            "expected": json.dumps(dict.fromkeys(given, 1)),
        }
        executor.Executor(context).Do(given, outputs, parameters)
        return {key: artifact for key, (artifact,) in outputs.items()}

    return run


def test_without_a_baseline_the_policy_blesses(judge):
    """What the cases below lack, they lack alone."""
    assert judge()["blessing"].get_int_custom_property("blessed") == 1


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["none", "broken"])
@pytest.mark.parametrize(
    ("key", "kind", "name"),
    [
        ("model", standard_artifacts.Model, "Format-Serving/saved_model.pb"),
        ("baseline_evaluation", standard_artifacts.ModelEvaluation, "eval_config.json"),
        ("schema", standard_artifacts.Schema, "schema.pbtxt"),
    ],
)
def test_a_model_or_an_evaluation_without_content_blesses_nothing(
    judge, tmp_path, key, kind, name, content
):
    broken = kind()
    broken.uri = str(tmp_path / "broken")
    path = pathlib.Path(broken.uri, name)
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    with contextlib.suppress(Exception):  # TFMA and TensorFlow have errors of their own
        judge(**{key: broken})
    assert not (tmp_path / "blessing" / "BLESSED").exists()
