"""Compiling pipelines of our components, and what kfp makes of the files."""

import json

import pytest
import yaml
from google.auth import credentials
from google.cloud import aiplatform
from google.protobuf import json_format
from kfp import components as kfp_components
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.components import CsvExampleGen, InfraValidator
from tfx.dsl.components.common import importer, resolver
from tfx.dsl.experimental.conditionals import conditional
from tfx.dsl.input_resolution.strategies import latest_artifact_strategy
from tfx.orchestration import data_types, pipeline
from tfx.proto import infra_validator_pb2
from tfx.types import channel, standard_artifacts

import skewgate
from skewgate.components import artifact_types
from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core.errors import InputError
from skewgate.kubeflow.compile import compiler, edits, options
from skewgate.kubeflow.image import command
from skewgate.kubeflow.local import spec
from skewgate.report.kinds import KINDS

REPORTS = tuple(kind.artifact_type for kind in KINDS.values() if kind.gate_input)
IMAGE = f"a/b@sha256:{7:064}"
"""Named by its digest: else nothing is cached."""
ROOTS = {"kubeflow": "minio://bucket/taxi", "vertex": "gs://bucket/taxi"}


def how(target, **given):
    return options.load(None, target=target, image=IMAGE, pipeline_root=ROOTS[target], **given)


def import_report(kind):
    uri = data_types.RuntimeParameter(kind.lower(), str, f"gs://bucket/{kind}")
    node = importer.Importer(source_uri=uri, artifact_type=getattr(artifact_types, kind))
    return node.with_id(kind)


def make(*more):
    """Every artifact type of ours; a parameter of each kind; a gate and what is behind it."""
    reports = [import_report(kind) for kind in REPORTS]
    example_gen = TabularExampleGen(
        input_base=data_types.RuntimeParameter("data", str, "/data"), pattern="*.csv"
    )
    statistics = SkewStatisticsGen(examples=example_gen.outputs["examples"], resolution=400)
    statistics.exec_properties["resolution"] = data_types.RuntimeParameter("resolution", int, 400)
    gate = QualityGate([each.outputs["result"] for each in reports], on_failure="withhold")
    with conditional.Cond(gate.outputs["decision"].future()[0].custom_property("blessed") == 1):
        behind = SkewStatisticsGen(examples=example_gen.outputs["examples"]).with_id("Behind")
    return pipeline.Pipeline(
        pipeline_name="all-types",
        pipeline_root="/nowhere",
        components=[*reports, example_gen, statistics, gate, behind, *more],
        enable_cache=True,
    )


def body(compiled):
    return compiled.get("pipelineSpec", compiled)


@pytest.mark.parametrize("target", options.ENDINGS)
def test_two_compiles_are_the_same_bytes(target):
    first, second = (
        compiler.render(compiler.compile_pipeline(make(), how(target)), how(target))
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("target", options.ENDINGS)
def test_the_file_says_what_was_compiled(target):
    awkward = {"data": "two  blanks, a tab\t, 'quotes', a colon: and\n\n# lines \n"}
    given = how(target, parameters=awkward)
    compiled = compiler.compile_pipeline(make(), given)
    assert next(yaml.safe_load_all(compiler.render(compiled, given))) == compiled


@pytest.mark.parametrize("target", options.ENDINGS)
def test_the_protos_of_kfp_parse_the_spec(target):
    compiled = compiler.compile_pipeline(make(), how(target))
    message = json_format.ParseDict(body(compiled), pipeline_spec_pb2.PipelineSpec())
    assert message.schema_version == "2.1.0"
    job = {"pipelineSpec": compiled} if target == "kubeflow" else compiled
    json_format.ParseDict(job, pipeline_spec_pb2.PipelineJob())


def test_kfp_loads_the_file_with_every_type_and_parameter_of_ours(tmp_path):
    path = str(tmp_path / "all.yaml")
    compiler.write(compiler.compile_pipeline(make(), how("kubeflow")), how("kubeflow"), path)
    loaded = kfp_components.load_component_from_file(path)
    content = json_format.MessageToDict(loaded.pipeline_spec)
    assert content == json_format.MessageToDict(
        json_format.ParseDict(
            next(yaml.safe_load_all((tmp_path / "all.yaml").read_text())),
            pipeline_spec_pb2.PipelineSpec(),
        )
    )
    inputs = content["components"]["QualityGate"]["inputDefinitions"]["artifacts"]
    titles = {
        yaml.safe_load(each["artifactType"]["instanceSchema"])["title"] for each in inputs.values()
    }
    assert titles == {f"skewgate.{kind}" for kind in REPORTS}
    decision = content["components"]["QualityGate"]["outputDefinitions"]["artifacts"]["decision"]
    assert "title: skewgate.Decision" in decision["artifactType"]["instanceSchema"]
    declared = content["root"]["inputDefinitions"]["parameters"]
    assert declared["resolution"] == {
        "parameterType": "NUMBER_INTEGER",
        "defaultValue": 400.0,
        "isOptional": True,
    }
    assert declared["data"]["defaultValue"] == "/data"


def test_the_sdk_of_vertex_takes_the_file_and_its_parameters(tmp_path):
    path = str(tmp_path / "all.json")
    compiler.write(compiler.compile_pipeline(make(), how("vertex")), how("vertex"), path)
    job = aiplatform.PipelineJob(
        display_name="all",
        template_path=path,
        parameter_values={"data": "gs://bucket/data", "resolution": 250},
        project="project",
        location="us-central1",
        credentials=credentials.AnonymousCredentials(),
    )
    taken = job.to_dict()
    assert taken["runtimeConfig"]["gcsOutputDirectory"] == "gs://bucket/taxi"
    assert taken["runtimeConfig"]["parameterValues"] == {
        "data": "gs://bucket/data",
        "resolution": 250,
    }


def test_the_launcher_reads_both_files(tmp_path):
    for target, ending in options.ENDINGS.items():
        path = str(tmp_path / f"all{ending}")
        compiler.write(compiler.compile_pipeline(make(), how(target)), how(target), path)
        found = spec.load(path)
        assert (found.target, found.root) == (target, ROOTS[target])
        behind = next(task for task in found.tasks if task.name == "Behind")
        inputs = {"_QualityGate.decision": {"artifacts": [{"metadata": {"blessed": 1.0}}]}}
        assert behind.condition({"artifacts": inputs})


def test_defaults_of_parameters_may_be_given():
    given = how("vertex", parameters={"resolution": "250", "data": "gs://bucket/data"})
    compiled = compiler.compile_pipeline(make(), given)
    declared = body(compiled)["root"]["inputDefinitions"]["parameters"]
    assert declared["resolution"]["defaultValue"] == 250
    assert declared["data"]["defaultValue"] == "gs://bucket/data"


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"resolution": "fine"}, "parameter resolution: must be a whole number, got 'fine'"),
        ({"dta": "x"}, "parameter dta: is not known; the pipeline has data"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(parameters, problem):
    with pytest.raises(InputError, match=problem):
        compiler.compile_pipeline(make(), how("kubeflow", parameters=parameters))


def test_a_parameter_that_is_declared_twice_must_be_the_same():
    other = data_types.RuntimeParameter("data", str, "other")
    second = importer.Importer(other, artifact_types.SkewReport).with_id("Second")
    with pytest.raises(
        InputError, match="parameter data: is declared twice, with different types or defaults"
    ):
        compiler.compile_pipeline(make(second), how("kubeflow"))


def test_files_are_looked_for_each_time_where_nothing_asks_the_driver_before_the_cache():
    for target, cached in (("kubeflow", {}), ("vertex", {"enableCache": True})):
        stock = CsvExampleGen(input_base="/data")
        found = body(compiler.compile_pipeline(make(stock), how(target)))
        for name in ("TabularExampleGen", "CsvExampleGen"):
            container = edits.executor(found, name)["container"]
            assert container["args"][0] == command.FILE_DRIVER
            assert ("lifecycle" in container) == (target == "vertex")
            assert edits.tasks(found)[name]["cachingOptions"] == cached


@pytest.mark.parametrize("component", ["model_pusher", "state_lookup", "state_recorder"])
def test_what_depends_on_state_is_never_cached(component):
    class Stateful(SkewStatisticsGen):
        pass

    Stateful.__module__ = f"skewgate.components.{component}.component"
    examples = importer.Importer("gs://bucket/examples", standard_artifacts.Examples)
    node = Stateful(examples=examples.outputs["result"])
    found = body(compiler.compile_pipeline(make(examples, node), how("vertex")))
    assert edits.tasks(found)["Stateful"]["cachingOptions"] == {}


def test_a_vertex_job_says_who_runs_it_and_which_skewgate_made_it():
    compiled = compiler.compile_pipeline(make(), how("vertex", service_account="robot@x"))
    assert compiled["serviceAccount"] == "robot@x"
    assert compiled["labels"] == {"skewgate-version": skewgate.__version__.replace(".", "-")}
    assert compiled["runtimeConfig"] == {"gcsOutputDirectory": "gs://bucket/taxi"}


def test_name_and_description_may_be_given():
    found = compiler.compile_pipeline(make(), how("kubeflow", name="other", description="why"))
    assert found["pipelineInfo"] == {"name": "other", "description": "why"}


def test_what_kubeflow_cannot_run_is_refused_in_words():
    latest = resolver.Resolver(
        strategy_class=latest_artifact_strategy.LatestArtifactStrategy,
        model=channel.Channel(type=standard_artifacts.Model),
    ).with_id("Latest")
    with pytest.raises(InputError, match="Latest: is a Resolver"):
        compiler.compile_pipeline(make(latest), how("kubeflow"))


def test_what_tfx_cannot_compile_is_refused_in_words():
    model = importer.Importer("gs://bucket/model", standard_artifacts.Model).with_id("Model")
    serving = infra_validator_pb2.ServingSpec(model_name="taxi")
    validator = InfraValidator(model=model.outputs["result"], serving_spec=serving)
    with pytest.raises(InputError, match="pipeline all-types: cannot be compiled by TFX: The comp"):
        compiler.compile_pipeline(make(model, validator), how("kubeflow"))


@pytest.mark.parametrize("target", options.ENDINGS)
def test_a_gate_takes_several_reports_of_one_kind(target, tmp_path):
    reports = [import_report(kind) for kind in ("SkewReport", "DriftReport")]
    more = [import_report("DriftReport").with_id(f"Drift{place}") for place in (2, 3)]
    nodes = [*reports, *more]
    gate = QualityGate([each.outputs["result"] for each in nodes])
    before = dict(gate.inputs)
    joined = pipeline.Pipeline(
        pipeline_name="two", pipeline_root="/nowhere", components=[*nodes, gate]
    )
    compiled = compiler.compile_pipeline(joined, how(target))
    task = edits.tasks(body(compiled))["QualityGate"]
    assert {
        key: source["taskOutputArtifact"]["producerTask"]
        for key, source in task["inputs"]["artifacts"].items()
    } == {
        "skew_reports": "SkewReport",
        "drift_reports": "DriftReport",
        "drift_reports.2": "Drift2",
        "drift_reports.3": "Drift3",
    }
    assert set(task["dependentTasks"]) == {node.id for node in nodes}
    expected = json.loads(task["inputs"]["parameters"]["expected"]["runtimeValue"]["constant"])
    assert expected == {"skew_reports": 1, "drift_reports": 3}
    assert gate.inputs == before  # a pipeline that was compiled can be run here too
    path = str(tmp_path / f"two{options.ENDINGS[target]}")
    compiler.write(compiled, how(target), path)
    assert "QualityGate" in {each.name for each in spec.load(path).tasks}


def behind_a_gate(make_importer):
    report = import_report("SkewReport")
    gate = QualityGate([report.outputs["result"]], on_failure="withhold")
    blessed = gate.outputs["decision"].future()[0].custom_property("blessed") == 1
    return pipeline.Pipeline(
        pipeline_name="gated",
        pipeline_root="/nowhere",
        components=[report, gate, make_importer(gate, blessed)],
    )


def conditional_importer(gate, blessed):
    with conditional.Cond(blessed):
        return importer.Importer("gs://bucket/model", standard_artifacts.Model).with_id("Model")


def waiting_importer(gate, blessed):
    node = importer.Importer("gs://bucket/model", standard_artifacts.Model).with_id("Model")
    node.add_upstream_node(gate)
    return node


@pytest.mark.parametrize(
    ("make_importer", "problem"),
    [
        (conditional_importer, "Model: is an Importer under a condition"),
        (waiting_importer, "Model: is an Importer that should wait for QualityGate"),
    ],
)
def test_an_importer_that_a_gate_would_not_hold_back_is_refused(make_importer, problem):
    compiler.compile_pipeline(behind_a_gate(make_importer), how("vertex"))
    with pytest.raises(InputError, match=problem):
        compiler.compile_pipeline(behind_a_gate(make_importer), how("kubeflow"))


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    path = str(tmp_path / "file" / "a.json")
    with pytest.raises(InputError, match="cannot be written"):
        compiler.write({}, how("vertex"), path)
    assert json.loads(compiler.render({"é": 1}, how("vertex"))) == {"é": 1}
