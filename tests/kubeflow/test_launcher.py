"""A compiled pipeline without a cluster: order, conditions, failures, retries, cache."""

import errno
import json
import pathlib
import re

import pytest

import skewgate
from skewgate.core.errors import InputError
from skewgate.kubeflow.compile import edits
from skewgate.kubeflow.local import launcher, spec, tasks
from skewgate.storage import s3

SHUTS = "import sys; sys.stderr.write('skewgate: the gate is shut\\n'); sys.exit(1)"
BREAKS = "raise SystemExit(70)"


@pytest.fixture
def launch(pipeline, tmp_path, silent):
    def run(given=None, **how):
        loaded = spec.load(pipeline.write(tmp_path / "a.yaml"))
        found = launcher.Launcher(loaded, tmp_path / "out", given or {}, progress=silent, **how)
        return found, found.run()

    return run


def states(results):
    return {name: result.state for name, result in results.items()}


def test_outputs_reach_the_tasks_that_read_them(pipeline, launch):
    pipeline.add_importer("schema", "gs://bucket/schema", "tfx.Schema", metadata={"kept": "yes"})
    pipeline.add("train", inputs={"schema": ("schema", "result")}, outputs={"model": "tfx.Model"})
    pipeline.add("push", inputs={"model": ("train", "model")})
    run, results = launch()
    assert set(states(results).values()) == {"COMPLETE"}
    given = json.loads((run.run_folder / "push" / "executor_input.json").read_text())
    (model,) = given["inputs"]["artifacts"]["model"]["artifacts"]
    assert re.fullmatch(r"minio://bucket/taxi/made/\d+T\d+(-\d+)?/train/model", model["uri"])
    notes = {"display_name", "store_session_info"}  # of Kubeflow's launcher
    assert model["metadata"].keys() == {"blessed", "made_by", *notes}
    assert (model["metadata"]["blessed"], model["metadata"]["made_by"]) == (1.0, "train")
    schema = json.loads((run.run_folder / "train" / "executor_input.json").read_text())
    (imported,) = schema["inputs"]["artifacts"]["schema"]["artifacts"]
    assert (imported["uri"], imported["metadata"]["kept"]) == ("gs://bucket/schema", "yes")


def test_a_shut_gate_stops_what_depends_on_it_and_nothing_else(pipeline, launch):
    pipeline.add("gate", code=SHUTS)
    pipeline.add("train", after=("gate",))
    pipeline.add("push", after=("train",))
    pipeline.add("other")
    run, results = launch()
    assert states(results) == {
        "gate": "SHUT",
        "other": "COMPLETE",
        "train": "SKIPPED",
        "push": "SKIPPED",
    }
    assert (results["gate"].exit_code, results["gate"].message) == (1, "the gate is shut")
    assert results["train"].message == "gate is shut"
    kept = json.loads((run.run_folder / "run.json").read_text())
    assert kept["tasks"]["push"]["state"] == "SKIPPED"


BLESSED = "inputs.artifacts['d'].artifacts[0].metadata['blessed']"


def test_what_reads_a_skipped_task_is_skipped_at_any_depth(pipeline, launch):
    """Kubeflow: `depends: X.Succeeded`, and a skipped task has not succeeded."""
    pipeline.add("gate", outputs={"d": "skewgate.Decision"})
    shut, open_ = {"condition": f"{BLESSED} == 0.0"}, {"condition": f"{BLESSED} == 1.0"}
    given = {"inputs": {"d": ("gate", "d")}}
    pipeline.add("inner", **given, outputs={"d": "skewgate.Decision"}, triggerPolicy=shut)
    pipeline.add("behind", inputs={"d": ("inner", "d")}, triggerPolicy=open_)
    pipeline.add("after", after=("behind",))
    pipeline.add("joins", inputs={"a": ("gate", "d"), "b": ("inner", "d")})
    pipeline.add("inside", **given, triggerPolicy=open_)
    _, results = launch()
    assert states(results) == {
        "gate": "COMPLETE",
        "inner": "SKIPPED",
        "behind": "SKIPPED",
        "after": "SKIPPED",
        "joins": "SKIPPED",
        "inside": "COMPLETE",
    }


def test_siblings_of_a_failed_task_and_what_depends_on_them_run_as_on_kubeflow(pipeline, launch):
    """Kubeflow leaves Argo's `failFast` at its default, true. By Argo's page on DAGs nothing new is
    scheduled then; its controller (workflow/controller/dag.go, issue 5223), which was run on such a
    workflow, starts what can start before it looks at failures, and goes on while anything runs.
    """
    pipeline.add("breaks", code=BREAKS)
    pipeline.add("sibling", outputs={"m": "tfx.Model"})
    pipeline.add("tell", inputs={"m": ("sibling", "m")})
    pipeline.add("joins", inputs={"m": ("sibling", "m")}, after=("breaks",))
    _, results = launch()
    assert states(results) == {
        "breaks": "FAILED",
        "sibling": "COMPLETE",
        "tell": "COMPLETE",
        "joins": "SKIPPED",
    }


def test_an_importer_fails_for_what_kubeflow_does_not_import(pipeline, launch):
    pipeline.content["root"]["inputDefinitions"] = {
        "parameters": {"schema": {"parameterType": "STRING"}}
    }
    pipeline.add_importer("Schema", "", "tfx.Schema")
    importer = pipeline.content["deploymentSpec"]["executors"]["Schema"]["importer"]
    importer["artifactUri"] = {"runtimeParameter": "uri"}
    given = {"parameters": {"uri": {"componentInputParameter": "schema"}}}
    pipeline.content["root"]["dag"]["tasks"]["Schema"]["inputs"] = given
    _, results = launch({"schema": "/data/schema"})
    assert results["Schema"].state == "FAILED"
    assert "Schema: imports '/data/schema', but open-source" in results["Schema"].message
    assert launch({"schema": "s3://data/schema"})[1]["Schema"].state == "COMPLETE"


def test_text_that_no_task_can_be_given_is_refused_before_anything_runs(pipeline, launch, tmp_path):
    pipeline.content["root"]["inputDefinitions"] = {
        "parameters": {"schema": {"parameterType": "STRING"}}
    }
    pipeline.add("train", parameters={"text": {"componentInputParameter": "schema"}})
    with pytest.raises(InputError, match="train: parameter schema: is 120,002 bytes long as JSON"):
        launch({"schema": "é" * 60_000})
    assert not (tmp_path / "out").exists()
    assert states(launch({"schema": "é" * 50_000})[1]) == {"train": "COMPLETE"}


def test_what_broke_is_told_with_its_log(pipeline, launch):
    pipeline.add("train", code=BREAKS)
    run, results = launch()
    assert states(results) == {"train": "FAILED"}
    assert results["train"].message == f"ended with exit code 70, see {run.log('train')}"


def test_a_traceback_in_the_log_of_a_task_is_told_with_its_path(pipeline, launch):
    said = "skewgate: stopped by an error. Its traceback is in the log. Fix: please report it."
    pipeline.add("train", code=f"import sys; print({said!r}); sys.exit(2)")
    run, results = launch()
    assert results["train"].message == (
        f"stopped by an error. Its traceback is in {run.log('train')}. Fix: please report it."
    )


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_an_output_file_that_cannot_be_read_fails_its_task(pipeline, launch, text):
    place = "json.loads(sys.argv[1])['outputs']['outputFile']"
    code = f"import json, sys; open({place}, 'w').write({text!r})"
    pipeline.add("train", code=code)
    _, results = launch()
    assert states(results) == {"train": "FAILED"}
    assert "executor_output.json" in results["train"].message


@pytest.mark.parametrize(("least", "state"), [(0.5, "COMPLETE"), (1.5, "SKIPPED")])
def test_a_condition_decides_and_what_depends_on_a_skipped_task_is_skipped(
    pipeline, launch, least, state
):
    pipeline.add("gate", outputs={"decision": "skewgate.Decision"})
    condition = f"inputs.artifacts['d'].artifacts[0].metadata['blessed'] > {least}"
    pipeline.add("push", inputs={"d": ("gate", "decision")}, triggerPolicy={"condition": condition})
    pipeline.add("tell", after=("push",))
    _, results = launch()
    assert states(results) == {"gate": "COMPLETE", "push": state, "tell": state}


def test_a_condition_that_cannot_be_decided_fails_its_task(pipeline, launch):
    pipeline.add("gate", outputs={"decision": "skewgate.Decision"})
    condition = "inputs.artifacts['d'].artifacts[0].metadata['none'] == 1.0"
    pipeline.add("push", inputs={"d": ("gate", "decision")}, triggerPolicy={"condition": condition})
    _, results = launch()
    assert states(results)["push"] == "FAILED"


def test_a_task_is_tried_again_as_its_policy_says(pipeline, launch, tmp_path):
    code = f"open({str(tmp_path / 'tries')!r}, 'a').write('x')\n{BREAKS}"
    policy = {"maxRetryCount": 2, "backoffDuration": "0s"}
    pipeline.add("train", code=code, retryPolicy=policy)
    _, results = launch()
    assert (states(results), (tmp_path / "tries").read_text()) == ({"train": "FAILED"}, "xxx")


def test_an_attempt_finds_nothing_of_the_one_before(pipeline, launch, tmp_path):
    """On a cluster each attempt is in a pod of its own."""
    pipeline.content["defaultPipelineRoot"] = str(tmp_path / "artifacts")
    code = f"""
import json, os, sys
uri = json.loads(sys.argv[1])["outputs"]["artifacts"]["model"]["artifacts"][0]["uri"]
with open({str(tmp_path / "seen")!r}, "a") as stream:
    stream.write(f"{{os.path.exists(uri)}} ")
os.makedirs(uri)
open(uri + "/half", "w").close()
sys.exit(70)
"""
    policy = {"maxRetryCount": 2, "backoffDuration": "0s"}
    pipeline.add("train", code=code, outputs={"model": "tfx.Model"}, retryPolicy=policy)
    launch()
    assert (tmp_path / "seen").read_text() == "False False False "


def test_runtime_parameters_reach_their_tasks(pipeline, launch):
    pipeline.content["root"]["inputDefinitions"] = {
        "parameters": {"steps": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3}}
    }
    source = {"n": {"componentInputParameter": "steps"}, "m": {"runtimeValue": {"constant": "k"}}}
    pipeline.add("train", parameters=source)
    run, _ = launch({"steps": "5"})
    given = json.loads((run.run_folder / "train" / "executor_input.json").read_text())
    assert given["inputs"]["parameterValues"] == {"n": 5, "m": "k"}


def test_an_output_parameter_reaches_the_task_that_reads_it(pipeline, launch):
    pipeline.add("count")
    source = {"taskOutputParameter": {"producerTask": "count", "outputParameterKey": "rows"}}
    pipeline.add("train", parameters={"rows": source})
    run, _ = launch()
    given = json.loads((run.run_folder / "train" / "executor_input.json").read_text())
    assert given["inputs"]["parameterValues"] == {"rows": 7.0}


def test_a_parameter_without_a_value_is_asked_for_before_anything_runs(pipeline, launch, tmp_path):
    pipeline.content["root"]["inputDefinitions"] = {
        "parameters": {"data": {"parameterType": "STRING"}}
    }
    pipeline.add("train")
    with pytest.raises(
        InputError, match=r"parameter data: has no value\. Fix: give --parameter data="
    ):
        launch()
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_refused(pipeline, launch, tmp_path):
    pipeline.add("train")
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match="cannot be made"):
        launch()


def test_a_root_that_tfx_reads_as_a_pattern_is_refused(pipeline, launch, tmp_path):
    pipeline.content["defaultPipelineRoot"] = str(tmp_path / "[1]")
    pipeline.add("train")
    with pytest.raises(InputError, match=r"must be a folder without \[ in its path"):
        launch()


def test_what_this_machine_cannot_do_fails_the_task_in_words(pipeline, launch, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "/disk/a")

    pipeline.add("read")
    pipeline.add("tell", after=("read",))
    monkeypatch.setattr(tasks, "run", full)
    _, results = launch()
    assert states(results) == {"read": "FAILED", "tell": "SKIPPED"}
    assert results["read"].message == "/disk/a: No space left on device"
    monkeypatch.setattr(launcher, "write_atomically", full)
    with pytest.raises(InputError, match=r"run\.json: cannot be written: No space left on device"):
        launch()


def test_a_local_root_is_used_as_it_is(pipeline, launch, tmp_path):
    pipeline.content["defaultPipelineRoot"] = str(tmp_path / "artifacts")
    pipeline.add("train", outputs={"model": "tfx.Model"})
    _, results = launch()
    assert results["train"].outputs["model"][0]["uri"].startswith(f"{tmp_path}/artifacts/made/")


def test_an_output_that_was_not_published_fails_the_task_that_reads_it(pipeline, launch):
    pipeline.add("count", code="pass")
    source = {"taskOutputParameter": {"producerTask": "count", "outputParameterKey": "rows"}}
    pipeline.add("train", parameters={"rows": source})
    _, results = launch()
    assert states(results)["train"] == "FAILED"
    assert "'rows', which does not exist" in results["train"].message


def test_results_are_used_again_only_where_the_spec_and_the_caller_say_so(
    pipeline, launch, tmp_path
):
    on = {"cachingOptions": {"enableCache": True}}
    code = f"""
import json, os, sys
uri = json.loads(sys.argv[1])["outputs"]["artifacts"]["model"]["artifacts"][0]["uri"]
os.makedirs(uri.replace("minio://", {f"{tmp_path}/out/objects/minio/"!r}))
"""
    pipeline.add_importer("schema", "gs://bucket/schema", "tfx.Schema")
    given = {"inputs": {"s": ("schema", "result")}, "outputs": {"model": "tfx.Model"}}
    pipeline.add("kept", code=code, **given, **on)
    pipeline.add("anew", code=code, **given)
    launch(use_cache=True)
    _, first = launch(use_cache=True)
    assert states(first) == {"schema": "COMPLETE", "kept": "CACHED", "anew": "COMPLETE"}
    assert states(launch()[1])["kept"] == "COMPLETE"
    pipeline.content["pipelineInfo"]["name"] = "other"
    assert states(launch(use_cache=True)[1])["kept"] == "COMPLETE"
    pipeline.content["pipelineInfo"]["name"] = "made"
    for path in (tmp_path / "out/objects/minio/bucket/taxi/made").glob("*/kept/model"):
        path.rmdir()
    assert states(launch(use_cache=True)[1])["kept"] == "COMPLETE"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace('"value": 1', '"value": 3'),
        lambda text: text[:-1],
        lambda text: text.replace("outputs", "outqut"),
        lambda _: "[]",
        lambda _: "{}",
    ],
    ids=["changed", "cut off", "key", "list", "nothing"],
)
def test_a_kept_result_that_is_damaged_is_not_used_again(
    pipeline, launch, caplog, tmp_path, damage
):
    code = """
import json, pathlib, sys
output = pathlib.Path(json.loads(sys.argv[1])["outputs"]["outputFile"])
output.parent.mkdir(parents=True, exist_ok=True)
output.write_text(json.dumps({"parameterValues": {"value": 1}}))
"""
    on = {"cachingOptions": {"enableCache": True}}
    pipeline.add("kept", code=code, **on)

    def state():
        return states(launch(use_cache=True)[1])["kept"]

    assert [state(), state()] == ["COMPLETE", "CACHED"]
    [path] = (tmp_path / "out" / "cache").glob("*.json")
    written = path.read_text()
    assert damage(written) != written
    path.write_text(damage(written))
    assert [state(), state()] == ["COMPLETE", "CACHED"]
    assert "The task runs again, because its stored result cannot be used" in caplog.text
    assert path.read_text() == written


def test_results_of_another_skewgate_or_of_other_code_of_the_user_are_not_used_again(
    pipeline, launch, tmp_path, monkeypatch
):
    code = "import json, sys"
    (tmp_path / "users_trainer.py").write_text("import users_model\n")
    (tmp_path / "users_model.py").write_text("WIDTH = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    run_fn = {"runtimeValue": {"constant": "users_trainer.run_fn"}}
    on = {"cachingOptions": {"enableCache": True}}
    pipeline.add("train", code=code, parameters={"run_fn": run_fn}, **on)

    def state():
        return states(launch(use_cache=True)[1])["train"]

    assert [state(), state()] == ["COMPLETE", "CACHED"]
    (tmp_path / "users_model.py").write_text("WIDTH = 2\n")
    assert [state(), state()] == ["COMPLETE", "CACHED"]
    monkeypatch.setattr(skewgate, "__version__", "0.2.0")
    assert [state(), state()] == ["COMPLETE", "CACHED"]


def test_nothing_is_known_of_what_a_command_prefix_runs(pipeline, launch):
    pipeline.add("train")
    with pytest.raises(InputError, match="--cache: cannot be given with --command-prefix"):
        launch(use_cache=True, command_prefix=("env",))


def test_an_importer_that_imports_anew_brings_another_artifact_into_each_run(pipeline, launch):
    pipeline.add_importer("same", "gs://bucket/a", "tfx.Schema")
    pipeline.add_importer("anew", "gs://bucket/a", "tfx.Schema", reimport=True)
    (_, first), (_, second) = launch(), launch()
    names = {
        task: {results[task].outputs["result"][0]["name"] for results in (first, second)}
        for task in ("same", "anew")
    }
    assert {task: len(found) for task, found in names.items()} == {"same": 1, "anew": 2}


def test_a_hook_runs_before_the_container_and_stops_it_if_it_fails(pipeline, launch):
    container = pipeline.add("read", code="print('executor')")
    container["lifecycle"] = {
        "preCacheCheck": {"command": ["python", "-c", "print('driver')"], "args": []}
    }
    run, results = launch()
    assert (states(results), run.log("read").read_text()) == (
        {"read": "COMPLETE"},
        "driver\nexecutor\n",
    )
    container["lifecycle"]["preCacheCheck"]["command"] = ["python", "-c", BREAKS]
    run, results = launch()
    assert (states(results), run.log("read").read_text()) == ({"read": "FAILED"}, "")


MOVES = """
import json, sys
given = json.loads(sys.argv[1])["outputs"]
moved = {"model": {"artifacts": [{"uri": "%s"}]}}
open(given["outputFile"], "w").write(json.dumps({"artifacts": moved}))
"""


@pytest.mark.parametrize(
    ("uri", "state"),
    [
        ("minio://bucket/taxi/made/earlier/train/model", "FAILED"),
        ("gs://bucket/model", "FAILED"),
        ("/mnt/model", "COMPLETE"),
    ],
)
def test_a_task_that_moves_its_output_fails_as_it_would_on_kubeflow(pipeline, launch, uri, state):
    pipeline.add("train", code=MOVES % uri, outputs={"model": "tfx.Model"})
    _, results = launch()
    assert results["train"].state == state
    assert ("moved an output to" in results["train"].message) == (state == "FAILED")


def test_an_executor_output_with_a_field_that_a_cluster_does_not_know_fails(pipeline, launch):
    unknown = MOVES.replace('artifacts": moved', 'artefacts": moved')
    pipeline.add("train", code=unknown % "a", outputs={"model": "tfx.Model"})
    _, results = launch()
    assert results["train"].state == "FAILED"
    assert "is not an executor output" in results["train"].message


COPIES = """
import json, os, pathlib, sys
given = json.loads(sys.argv[1])
pairs = dict(each.split("=") for each in os.environ["SKEWGATE_MOUNTS"].split(","))
def local(uri):
    scheme, _, rest = uri.partition("://")
    return pathlib.Path(pairs[scheme + "://"] + rest)
seen = sorted(str(p.name) for p in local("minio://bucket").rglob("*") if p.is_file())
for found in given["outputs"]["artifacts"].values():
    (artifact,) = found["artifacts"]
    path = local(artifact["uri"])
    path.mkdir(parents=True, exist_ok=True)
    (path / (sys.argv[2] + ".txt")).write_text(" ".join([*seen, *sys.argv[3:]]))
"""
"""A container of our entry point, as far as mounts go: writes which files it found."""


@pytest.fixture
def server(s3_serving, monkeypatch):
    with s3_serving("bucket") as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "")
        yield variables["AWS_ENDPOINT_URL_S3"]


@pytest.fixture
def ours(monkeypatch):
    monkeypatch.setattr(edits, "is_ours", lambda container: True)


def test_on_a_server_each_task_sees_only_what_the_launcher_brought(pipeline, launch, server, ours):
    pipeline.add("read", code=COPIES, outputs={"rows": "tfx.Examples"})
    pipeline.add("other", code=COPIES, outputs={"rows": "tfx.Examples"})
    pipeline.add("train", code=COPIES, inputs={"r": ("read", "rows")}, outputs={"m": "tfx.Model"})
    run, results = launch(object_store=server)
    assert set(states(results).values()) == {"COMPLETE"}
    (model,) = results["train"].outputs["m"]
    with s3.open_object(f"{model['uri']}/train.txt", "r") as stream:
        assert stream.read() == "read.txt"  # and not what `other` left
    own = run.mounts("train").local(model["uri"])
    assert pathlib.Path(own, "train.txt").read_text() == "read.txt"
    assert not list((run.run_folder / "train").rglob("read.txt"))  # brought, and cleared


def test_a_task_that_fails_leaves_nothing_on_the_server(pipeline, launch, server, ours):
    pipeline.add("read", code=COPIES + "\nsys.exit(70)", outputs={"rows": "tfx.Examples"})
    _, results = launch(object_store=server)
    assert results["read"].state == "FAILED"
    assert not s3.exists("minio://bucket/taxi")


def test_parameters_keep_the_uris_of_a_server_and_lose_those_of_folders(
    pipeline, launch, server, ours
):
    pipeline.content["root"]["inputDefinitions"] = {
        "parameters": {"data": {"parameterType": "STRING"}, "old": {"parameterType": "STRING"}}
    }
    container = pipeline.add(
        "read",
        code=COPIES,
        outputs={"rows": "tfx.Examples"},
        parameters={name: {"componentInputParameter": name} for name in ("data", "old")},
    )
    container["args"] += ["{{$.inputs.parameters['data']}}", "{{$.inputs.parameters['old']}}"]
    run, results = launch({"data": "s3://rows/a", "old": "gs://rows/a"}, object_store=server)
    (rows,) = results["read"].outputs["rows"]
    with s3.open_object(f"{rows['uri']}/read.txt", "r") as stream:
        assert stream.read().split() == [
            "s3://rows/a",
            f"{run.mounts('read').local('gs://')}rows/a",
        ]


def test_a_cached_result_comes_from_the_server(pipeline, launch, server, ours):
    pipeline.add("read", code=COPIES, outputs={"rows": "tfx.Examples"})
    pipeline.content["root"]["dag"]["tasks"]["read"]["cachingOptions"] = {"enableCache": True}
    _, first = launch(object_store=server, use_cache=True)
    run, again = launch(object_store=server, use_cache=True)
    assert (first["read"].state, again["read"].state) == ("COMPLETE", "CACHED")
    (rows,) = again["read"].outputs["rows"]
    assert pathlib.Path(run.mounts("read").local(rows["uri"]), "read.txt").exists()
    s3.remove_folder(rows["uri"])
    _, third = launch(object_store=server, use_cache=True)
    assert third["read"].state == "COMPLETE"


def test_a_server_that_has_no_url_is_refused(pipeline, launch):
    pipeline.add("read")
    with pytest.raises(InputError, match="--object-store: must be the URL of a server"):
        launch(object_store="localhost:9000")


def test_a_server_without_the_bucket_is_refused_before_anything_runs(pipeline, launch, server):
    pipeline.add("read")
    pipeline.content["defaultPipelineRoot"] = "minio://nobody/taxi"
    with pytest.raises(InputError, match=r"minio://nobody/taxi: is in a bucket that http://127"):
        launch(object_store=server)


def test_a_server_that_does_not_answer_is_refused_before_anything_runs(pipeline, launch, server):
    pipeline.add("read")
    with pytest.raises(
        InputError, match=r"minio://bucket: cannot be reached at http://127.0.0.1:9"
    ):
        launch(object_store="http://127.0.0.1:9")
