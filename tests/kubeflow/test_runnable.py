"""What a target cannot run is refused before anything is written."""

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow.compile import runnable

ROOT = "minio://bucket/taxi"
CONDITION = {"condition": "(inputs.artifacts['d'].artifacts[0].metadata['blessed'] == 1.0)"}
DECISION = {
    "artifacts": {"d": {"taskOutputArtifact": {"producerTask": "Gate", "outputArtifactKey": "d"}}}
}


@pytest.fixture
def spec(pipeline):
    pipeline.add("Gate", outputs={"d": "skewgate.Decision"})
    pipeline.add_importer("Schema", "gs://bucket/schema", "tfx.Schema")
    pipeline.add("Train", inputs={"s": ("Schema", "result")}, after=("Gate",))
    return pipeline.content


def task(spec, name):
    return spec["root"]["dag"]["tasks"][name]


def refused(spec, target="kubeflow", root=ROOT, values=None):
    with pytest.raises(InputError) as found:
        runnable.check(spec, target, root, values or {})
    return str(found.value)


def test_what_both_run_is_taken(spec):
    for target in ("kubeflow", "vertex"):
        runnable.check(spec, target, ROOT, {})


def test_open_source_kubeflow_runs_no_resolver(spec):
    spec["deploymentSpec"]["executors"]["Gate"] = {"resolver": {}}
    runnable.check(spec, "vertex", ROOT, {})
    assert refused(spec).startswith("Gate: is a Resolver, which open-source Kubeflow")


def test_open_source_kubeflow_takes_no_condition_on_an_importer(spec):
    task(spec, "Schema").update(triggerPolicy=CONDITION, inputs=DECISION)
    runnable.check(spec, "vertex", ROOT, {})
    assert refused(spec) == (
        "Schema: is an Importer under a condition, which open-source Kubeflow refuses. Fix: import "
        "it outside of `Cond`; the components that read it stay inside."
    )


@pytest.mark.parametrize("waits", [{"dependentTasks": ["Gate"]}, {"inputs": DECISION}])
def test_an_importer_behind_a_gate_would_let_through_what_reads_it(spec, waits):
    """Kubeflow's importer waits for nothing: the gate would hold back neither it nor `Train`."""
    task(spec, "Schema").update(waits)
    runnable.check(spec, "vertex", ROOT, {})
    assert "Schema: is an Importer that should wait for Gate, but open-source" in refused(spec)


@pytest.mark.parametrize("uri", ["/data/schema", "https://host/schema", "gs://", "schema"])
def test_open_source_kubeflow_imports_from_object_stores_alone(spec, uri):
    spec["deploymentSpec"]["executors"]["Schema"]["importer"]["artifactUri"] = {"constant": uri}
    assert f"Schema: imports {uri!r}, but open-source Kubeflow only imports gs://" in refused(spec)
    runnable.check(spec, "kubeflow", "/a/path/of/this/machine", {})
    runnable.check(spec, "vertex", ROOT, {})


def test_what_a_run_imports_is_looked_at_as_soon_as_it_is_known(spec):
    importer = spec["deploymentSpec"]["executors"]["Schema"]["importer"]
    importer["artifactUri"] = {"runtimeParameter": "artifact_uri"}
    given = {"artifact_uri": {"componentInputParameter": "schema"}}
    task(spec, "Schema")["inputs"] = {"parameters": given}
    runnable.check(spec, "kubeflow", ROOT, {})
    runnable.check(spec, "kubeflow", ROOT, {"schema": "s3://bucket/schema"})
    assert "Schema: imports '/schema'" in refused(spec, values={"schema": "/schema"})


@pytest.mark.parametrize("name", ["my_gate", "Gate.2", "2nd-gate", "größe", "a b", "G" * 122])
def test_a_name_that_is_none_on_kubeflow_is_refused(pipeline, name):
    pipeline.add(name)
    runnable.check(pipeline.content, "vertex", ROOT, {})
    assert f"node {name!r}: is not a valid name of a Kubeflow task: up to" in refused(
        pipeline.content
    )


@pytest.mark.parametrize("name", ["root", "entrypoint", "Gate-driver"])
def test_a_name_that_kubeflow_gives_itself_is_refused(pipeline, name):
    pipeline.add("Gate")
    pipeline.add(name)
    assert f"node {name!r}: is a name that Kubeflow reserves" in refused(pipeline.content)


@pytest.mark.parametrize("target", ["kubeflow", "vertex"])
def test_a_parameter_from_a_task_that_is_not_there_is_refused(spec, target):
    source = {"taskOutputParameter": {"producerTask": "Gate_task", "outputParameterKey": "d"}}
    task(spec, "Train")["inputs"]["parameters"] = {"rows": source}
    assert "Train: reads what a task 'Gate_task' writes, which does not exist" in refused(
        spec, target
    )


@pytest.mark.parametrize("target", ["kubeflow", "vertex"])
def test_a_condition_that_a_cluster_could_not_read_is_refused(spec, target):
    text = CONDITION["condition"].replace("1.0", "'it's'")
    task(spec, "Train")["triggerPolicy"] = {"condition": text}
    assert "Train: has a condition unlike those that TFX writes" in refused(spec, target)
