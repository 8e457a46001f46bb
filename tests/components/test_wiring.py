"""Whatever is connected and brings nothing shuts: of every component, every input, every way."""

from __future__ import annotations

import itertools
import json
import pathlib
import shutil

import pandas as pd
import pytest
from tfx.dsl.components.common import resolver
from tfx.dsl.input_resolution.strategies import latest_artifact_strategy
from tfx.orchestration.local import local_dag_runner
from tfx.types import channel, standard_artifacts

from skewgate.components import artifact_types
from skewgate.components.support import wiring
from skewgate.core.errors import InputError
from tests.last_run import last_run
from tests.wired_components import (
    COMPONENTS,
    INPUTS,
    OPTIONAL,
    REPORTS,
    is_earned,
    make,
    make_pipeline,
    node_id,
    write_report,
)

JUDGED = {
    ("DriftEvaluator", "baseline_statistics"): "on_missing_baseline",
    ("DriftEvaluator", "baseline_examples"): "on_inconclusive",
    ("PerformanceGate", "baseline_model"): "on_missing_baseline",
    ("PerformanceGate", "baseline_evaluation"): "on_missing_baseline",
    ("SchemaSkewValidator", "baseline_statistics"): "on_missing_baseline",
    ("SchemaSkewValidator", "previous_statistics"): "on_missing_previous",
    ("SchemaSkewValidator", "baseline_examples"): "on_inconclusive",
}
"""What says what it means that there never was such a thing: the only allowances that there are."""
EVERY = [(name, key) for name, keys in INPUTS.items() for key in keys]
WAYS = ["skipped", "empty list", "never", "nothing found", "deleted"]
CASES = [
    (name, key, way)
    for name, key in EVERY
    for way in WAYS
    if (name, key) not in JUDGED or way not in ("never", "nothing found")
]


def connected(name):
    """Returns a channel for each input of a component."""
    spec = COMPONENTS[name].SPEC_CLASS.INPUTS
    if name == "QualityGate":  # its inputs are made of a list
        spec = {key: parameter for key, parameter in spec.items() if key in INPUTS[name]}
    return {key: channel.Channel(type=parameter.type) for key, parameter in spec.items()}


@pytest.fixture
def run(tmp_path):
    """Runs a component of which one input is missing; returns its outputs."""

    def call(name, key, way):
        component = make(name, tmp_path, connected(name))
        inputs = {each: [channel_.type()] for each, channel_ in component.inputs.items()}
        for each, (artifact,) in inputs.items():
            artifact.uri = str(tmp_path / each)
            pathlib.Path(artifact.uri).mkdir()
            if artifact.type_name in REPORTS:
                write_report(artifact.type_name, artifact.uri)
            artifact.set_int_custom_property("blessed", 1)
            artifact.set_int_custom_property("pushed", 1)
        expected = json.loads(component.exec_properties["expected"])
        if way == "skipped":
            del inputs[key]
        elif way in ("empty list", "nothing found"):
            inputs[key] = []
            expected[key] = 0 if way == "nothing found" else 1
        elif way == "never":
            inputs[key][0].set_int_custom_property("absent", 1)
        elif way == "deleted":
            shutil.rmtree(inputs[key][0].uri)
        outputs = {}
        for each, output in component.outputs.items():
            outputs[each] = [output.type()]
            outputs[each][0].uri = str(tmp_path / "outputs" / each)
            pathlib.Path(outputs[each][0].uri).mkdir(parents=True)
        parameters = {**component.exec_properties, "expected": json.dumps(expected)}
        component.executor_spec.executor_class().Do(inputs, outputs, parameters)
        return outputs

    return call


def test_every_input_of_every_component_is_known_here():
    """LabelJoiner must have all of its inputs, and SchemaContract has none."""
    assert COMPONENTS.keys() - {"LabelJoiner", "SchemaContract"} >= {name for name, _ in OPTIONAL}
    assert JUDGED.keys() <= set(OPTIONAL)
    for name, component in COMPONENTS.items():
        assert issubclass(component.SPEC_CLASS, wiring.WiredSpec) or not INPUTS[name]


@pytest.mark.parametrize(("name", "key", "way"), CASES)
def test_what_is_connected_and_not_there_opens_nothing(run, tmp_path, name, key, way):
    try:
        outputs = run(name, key, way)
    except InputError as error:
        told = str(error)
    else:
        for artifact in (found for (found,) in outputs.values()):
            assert not is_earned(
                {
                    each: artifact.get_int_custom_property(each)
                    for each in ("blessed", "pushed", "recorded")
                }
            )
        reports = [
            json.loads(path.read_text()) for path in (tmp_path / "outputs").rglob("report.json")
        ]
        assert {report["status"] for report in reports} <= {"inconclusive"}
        assert not (tmp_path / "serving").exists()
        assert not (tmp_path / "state").exists()
        told = " ".join(report["failures"][0]["reason"] for report in reports)
        if not reports:
            return
    assert key in told or "a report is missing" in told
    assert ("no longer exists" in told) == (way == "deleted")


def test_the_parameter_names_what_is_connected_and_what_it_owes():
    found = resolver.Resolver(
        strategy_class=latest_artifact_strategy.LatestArtifactStrategy,
        model=channel.Channel(type=standard_artifacts.Model),
    )
    given = {
        "examples": channel.Channel(type=standard_artifacts.Examples),
        "baseline_model": found.outputs["model"],
    }
    gate = make("PerformanceGate", pathlib.Path(), given)
    assert json.loads(gate.exec_properties["expected"]) == {"examples": 1, "baseline_model": 0}


@pytest.mark.parametrize("text", ["[]", "1", "{", '{"model": "1"}', '{"model": true}'])
def test_a_parameter_that_says_nothing_is_refused(text):
    with pytest.raises(InputError, match=r"^parameter expected: must be a JSON mapping"):
        wiring.receive({}, {"expected": text})


def test_without_the_parameter_what_is_named_counts_as_connected():
    assert wiring.receive({"model": []}, {}).missing == {"model": 1}
    assert wiring.receive({"model": []}, {}, judged=("model",)).missing == {}
    assert wiring.receive({}, {}).missing == {}


def test_what_a_condition_looks_at_is_no_input():
    """In a compiled pipeline it is brought beside the inputs, under a name of its own."""
    brought = {
        "model": [standard_artifacts.Model()],
        "_Gate.decision": [artifact_types.Decision()],
    }
    received = wiring.receive(brought, {"expected": '{"model": 1}'})
    assert set(received.artifacts) == {"model"}


def test_as_many_have_to_come_as_are_owed():
    artifacts = [standard_artifacts.Model() for _ in range(2)]
    assert wiring.receive({"model": artifacts}, {"expected": '{"model": 3}'}).missing == {
        "model": 1
    }


def test_all_reports_that_are_there_open_a_gate(run):
    """What the cases above lack, they lack alone."""
    (decided,) = run("QualityGate", "drift_reports", "there")["decision"]
    assert decided.get_int_custom_property("blessed") == 1


ALLOWED = ["on_missing_baseline", "on_inconclusive", "on_missing_previous"]
COMPARED = """
feature { name: "fare" type: FLOAT }
feature { name: "payment" type: BYTES
  skew_comparator { infinity_norm { threshold: 0.2 } }
  drift_comparator { infinity_norm { threshold: 0.2 } } }
"""


@pytest.mark.parametrize("name", ["DriftEvaluator", "SchemaSkewValidator"])
def test_what_never_was_is_allowed_by_its_own_name_alone(
    statistics_artifact, schema_artifact, output, tmp_path, name
):
    rows = pd.DataFrame({"fare": [1.5 + i % 7 for i in range(300)], "payment": ["Cash"] * 300})
    current, schema = statistics_artifact("current", train=rows), schema_artifact(COMPARED)
    never = standard_artifacts.ExampleStatistics()
    never.set_int_custom_property("absent", 1)
    kind, report_type = {
        "DriftEvaluator": ("drift_report", artifact_types.DriftReport),
        "SchemaSkewValidator": ("skew_report", artifact_types.SkewReport),
    }[name]
    judged = [key for each, key in JUDGED if each == name and key.endswith("statistics")]
    for key, brought, allowed in itertools.product(judged, [None, [], [never]], ALLOWED):
        if allowed == "on_missing_previous" and name == "DriftEvaluator":
            continue
        others = {each: [current] for each in judged if each != key}
        inputs = {"statistics": [current], "schema": [schema], **others}
        if brought is not None:
            inputs[key] = brought
        expected = dict.fromkeys(inputs, 0)
        outputs = {kind: [output(report_type, f"{key}-{allowed}-{brought is None}")]}
        if name == "SchemaSkewValidator":
            outputs["anomalies"] = [output(standard_artifacts.ExampleAnomalies, "anomalies")]
        parameters = {"config": f"policy: {{{allowed}: allow}}", "expected": json.dumps(expected)}
        parameters |= {"exclude_splits": "[]", "late_labels": "[]", "compares_previous": 0}
        COMPONENTS[name].EXECUTOR_SPEC.executor_class().Do(inputs, outputs, parameters)
        blessed = outputs[kind][0].get_int_custom_property("blessed") == 1
        not_asked = name == "SchemaSkewValidator" and brought is None
        assert blessed == (not_asked or allowed == JUDGED[name, key]), (key, brought, allowed)


CONTENT = {
    ("DriftEvaluator", "baseline_statistics"): "Split-train/FeatureStats.pb",
    ("DriftEvaluator", "schema"): "schema.pbtxt",
    ("PerformanceGate", "label_report"): "report.json",
    ("QualityGate", "drift_reports"): "report.json",
    ("SchemaSkewValidator", "baseline_statistics"): "Split-train/FeatureStats.pb",
    ("SchemaSkewValidator", "previous_statistics"): "Split-train/FeatureStats.pb",
    ("SkewStatisticsGen", "schema"): "schema.pbtxt",
    ("TabularExampleGen", "schema"): "schema.pbtxt",
}
"""The file that an input is read from. What needs a model or rows is in tests/long."""


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"{"], ids=["none", "bytes", "cut off"])
@pytest.mark.parametrize(("name", "key"), CONTENT)
def test_an_artifact_without_its_file_or_with_a_broken_one_is_an_error(
    statistics_artifact, schema_artifact, output, tmp_path, name, key, content
):
    rows = pd.DataFrame({"fare": [1.5 + i % 7 for i in range(30)], "payment": ["Cash"] * 30})
    examples = output(standard_artifacts.Examples, "examples")
    examples.split_names = '["eval"]'
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("fare\n1.5\n")
    given = {
        "statistics": statistics_artifact("current", train=rows),
        "schema": schema_artifact(COMPARED),
        "examples": examples,
    }
    component = make(
        name,
        tmp_path,
        {each: connected(name)[each] for each in {*given, key} if each in INPUTS[name]},
    )
    inputs = {each: [given.get(each)] for each in component.inputs}
    broken = output(component.inputs[key].type, "broken")
    broken.set_int_custom_property("blessed", 1)
    if broken.type_name == "ExampleStatistics":
        broken.split_names = '["train"]'
    inputs[key] = [broken]
    path = pathlib.Path(broken.uri, CONTENT[name, key])
    if content is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    outputs = {each: [output(made.type, each)] for each, made in component.outputs.items()}
    with pytest.raises(InputError, match="broken"):
        component.executor_spec.executor_class().Do(inputs, outputs, component.exec_properties)
    found = [artifact.get_int_custom_property("blessed") for (artifact,) in outputs.values()]
    assert found == [0] * len(found)


SHUT = [
    ("ModelPusher", "model_blessing"),
    ("ModelPusher", "infra_blessing"),
    ("StateRecorder", "pushed_model"),
    ("StateRecorder", "model"),
    ("DriftEvaluator", "baseline_statistics"),
    ("SchemaSkewValidator", "previous_statistics"),
    ("PerformanceGate", "model"),
    ("PerformanceGate", "label_report"),
    ("StateLookup", "examples"),
]
"""The last one stops the pipeline; tests/long has all of them."""


def test_a_producer_that_cond_skips_opens_nothing_on_this_machine(tmp_path):
    made = make_pipeline(SHUT, tmp_path)
    with pytest.raises(InputError, match=r"^StateLookup: examples is connected but empty"):
        local_dag_runner.LocalDagRunner().run(made)
    ran = {record.node: record for record in last_run(str(tmp_path / "metadata.sqlite"))}
    states = {node: record.state for node, record in ran.items()}
    assert states == {
        "There": "COMPLETE",
        **{node_id(*case): "COMPLETE" for case in SHUT[:-1]},
        "StateLookup-examples": "FAILED",
    }
    reports = [report for node in ran if node != "There" for report in ran[node].reports]
    blessed = [report.blessed for report in reports]
    assert blessed == [False] * 4
    assert not (tmp_path / "serving").exists()
    assert not (tmp_path / "state").exists()
