"""One task: what its container is handed and how its command ends."""

import json
import sys
import time

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow.local import spec, stopping, tasks
from skewgate.storage import mounts

MODEL = {
    "name": "m",
    "type": {"instanceSchema": "title: tfx.Model\ntype: object\n"},
    "uri": "gs://bucket/m",
    "metadata": {},
}


def place(tmp_path, *prefix, target="kubeflow"):
    folders = {f"{scheme}://": f"{tmp_path}/{scheme}/" for scheme in ("gs", "minio")}
    return tasks.TaskEnvironment(prefix, mounts.Mounts(folders), mounts.Mounts(folders), {}, target)


@pytest.fixture
def task(pipeline, tmp_path):
    pipeline.add("a", outputs={"model": "tfx.Model"})
    return spec.load(pipeline.write(tmp_path / "a.yaml")).tasks[0]


def rendered(task, where, tmp_path):
    parameters = {"base": "gs://bucket/data", "count": 2}
    return tasks.executor_input(
        task, parameters, {"given": [MODEL]}, "minio://bucket/run/a", tmp_path / "out.json", where
    )


def test_kubeflow_names_types_of_inputs_by_title_and_adds_an_output_for_logs(task, tmp_path):
    content = rendered(task, place(tmp_path), tmp_path)
    (given,) = content["inputs"]["artifacts"]["given"]["artifacts"]
    assert given["type"] == {"schemaTitle": "tfx.Model"}
    assert sorted(content["outputs"]["artifacts"]) == ["executor-logs", "model"]
    assert content["outputs"]["artifacts"]["model"]["artifacts"][0]["uri"] == (
        "minio://bucket/run/a/model"
    )


def test_vertex_does_neither(task, tmp_path):
    content = rendered(task, place(tmp_path, target="vertex"), tmp_path)
    assert content["inputs"]["artifacts"]["given"]["artifacts"] == [MODEL]
    assert list(content["outputs"]["artifacts"]) == ["model"]


def test_object_stores_in_parameters_are_folders_here(task, tmp_path):
    content = rendered(task, place(tmp_path), tmp_path)
    assert content["inputs"]["parameterValues"] == {
        "base": f"{tmp_path}/gs/bucket/data",
        "count": 2,
    }


def test_placeholders_are_filled_in(task, tmp_path):
    where = place(tmp_path)
    content = rendered(task, where, tmp_path)

    def filled(text):
        return tasks.filled(text, content, where.mounts)

    assert json.loads(filled("{{$}}")) == content
    assert filled("n={{$.inputs.parameters['count']}}") == "n=2"
    assert filled("{{$.inputs.artifacts['given'].uri}}") == "gs://bucket/m"
    assert filled("{{$.inputs.artifacts['given'].path}}") == f"{tmp_path}/gs/bucket/m"
    assert filled("{{$.outputs.artifacts['model'].uri}}") == "minio://bucket/run/a/model"
    assert filled("plain {text}") == "plain {text}"


@pytest.mark.parametrize(
    "text", ["{{$.inputs.parameters['none']}}", "{{$.outputs.artifacts['none'].uri}}", "{{$.job}}"]
)
def test_placeholders_that_name_nothing_are_refused(task, tmp_path, text):
    where = place(tmp_path)
    with pytest.raises(InputError, match="pipeline file"):
        tasks.filled(text, rendered(task, where, tmp_path), where.mounts)


def run(task, tmp_path, code, *prefix, python="python", env=()):
    where = place(tmp_path, *prefix)
    container = {"command": [python, "-c", code], "args": ["{{$}}"], "env": list(env)}
    given = rendered(task, where, tmp_path)
    return tasks.run(container, container, given, tmp_path, where, stopping.Stop())


def test_a_command_leaves_its_output_and_its_log(task, tmp_path):
    code = (
        "import json, os, sys\n"
        "print('working in', os.getcwd(), os.environ['COLOUR'])\n"
        "path = json.loads(sys.argv[1])['outputs']['outputFile']\n"
        "open(path, 'w').write('{\"parameterValues\": {\"n\": 1}}')\n"
    )
    ended = run(task, tmp_path, code, env=[{"name": "COLOUR", "value": "red"}])
    assert (ended.exit_code, ended.output) == (0, {"parameterValues": {"n": 1}})
    assert (tmp_path / "log.txt").read_text() == f"working in {tmp_path} red\n"
    assert (tmp_path / "minio/bucket/run/a").is_dir()  # as the launcher of Kubeflow makes it


def test_a_prefix_runs_the_command_elsewhere_with_its_variables(task, tmp_path):
    code = "import os, sys; print(os.environ['COLOUR'])"
    env = [{"name": "COLOUR", "value": "dark red"}]
    ended = run(task, tmp_path, code, "nice", "-n", "1", python=sys.executable, env=env)
    assert ended.exit_code == 0
    assert (tmp_path / "log.txt").read_text() == "dark red\n"


def test_a_shut_gate_is_told_from_what_broke(task, tmp_path):
    says = (
        "import sys; sys.stderr.write('noise\\nskewgate: the gate is shut:\\n  fare: worse\\n')\n"
    )
    shut = run(task, tmp_path, says + "sys.stderr.write('noise\\n'); sys.exit(3)")
    assert (shut.is_shut, shut.exit_code) == (True, 3)
    assert shut.message == "the gate is shut:\n  fare: worse"
    assert not run(task, tmp_path, says + "sys.exit(2)").is_shut
    assert not run(task, tmp_path, "raise SystemExit(1)").is_shut  # what Python's crash looks like


def test_a_command_that_is_not_there_is_named(task, tmp_path):
    with pytest.raises(InputError, match="the command 'no-such-command' cannot be run"):
        run(task, tmp_path, "", python="no-such-command")


def test_letters_of_any_language_take_the_room_that_they_take_on_kubeflow(task, tmp_path):
    """An umlaut is two bytes of an argument, not six; the compiler measures it so too."""
    where = place(tmp_path)
    text = "domaine: {valeur: 'été', wert: 'größer', 値: '大きい'}\n"
    content = tasks.executor_input(task, {"schema": text}, {}, "gs://b", tmp_path / "o", where)
    argument = tasks.filled("{{$}}", content, where.mounts)
    assert json.loads(argument)["inputs"]["parameterValues"]["schema"] == text
    assert json.dumps(text, ensure_ascii=False) in argument
    listed = {"inputs": {"parameterValues": {"names": ["é"]}}}
    assert tasks.filled("{{$.inputs.parameters['names']}}", listed, where.mounts) == '["é"]'


def test_what_a_command_leaves_running_ends_with_it(task, tmp_path):
    """On a cluster the container ends with its first process."""
    place = str(tmp_path / "pushed")
    code = f"""
import os, time
if os.fork():
    while not os.path.exists({place!r}):
        time.sleep(0.01)
else:
    for _ in range(1000):
        with open({place!r}, "a") as stream:
            stream.write("x")
        time.sleep(0.02)
"""
    assert run(task, tmp_path, code).exit_code == 0
    before = (tmp_path / "pushed").stat().st_size
    time.sleep(0.2)
    assert (tmp_path / "pushed").stat().st_size == before


def test_a_command_that_is_killed_has_the_exit_code_of_its_container(task, tmp_path):
    assert run(task, tmp_path, "import os; os.kill(os.getpid(), 9)").exit_code == 137
