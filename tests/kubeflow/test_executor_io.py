"""What the backend hands to a container and takes back."""

import copy
import hashlib

import pytest

from skewgate.kubeflow.image import executor_io
from skewgate.storage import mounts

MINIO = mounts.parse("minio://=/minio")
MODEL = {
    "name": "projects/7/model",
    "type": {"schemaTitle": "tfx.Model"},
    "uri": "minio://bucket/model",
}
INPUT = {
    "inputs": {"parameterValues": {"span": 1.0}, "artifacts": {"model": {"artifacts": [MODEL]}}},
    "outputs": {
        "outputFile": "/tmp/out.json",
        "artifacts": {
            "blessing": {
                "artifacts": [
                    {
                        "name": "b",
                        "type": {"instanceSchema": "title: tfx.ModelBlessing\ntype: object\n"},
                        "uri": "minio://bucket/blessing",
                        "metadata": {"kept": "yes"},
                    }
                ]
            },
            "executor-logs": {
                "artifacts": [{"type": {"schemaTitle": "system.Artifact"}, "uri": "minio://b/logs"}]
            },
        },
    },
}


def number_of(name):
    return float(int(hashlib.sha256(name.encode()).hexdigest(), 16) % (1 << 63))


def test_the_output_for_logs_is_dropped():
    assert list(executor_io.prepare(INPUT, None, MINIO)["outputs"]["artifacts"]) == ["blessing"]


def test_uris_become_paths_and_the_input_stays_as_it_is():
    before = copy.deepcopy(INPUT)
    found = executor_io.prepare(INPUT, None, MINIO)
    assert found["inputs"]["artifacts"]["model"]["artifacts"][0]["uri"] == "/minio/bucket/model"
    blessing = found["outputs"]["artifacts"]["blessing"]["artifacts"][0]
    assert blessing["uri"] == "/minio/bucket/blessing"
    assert before == INPUT


def test_what_the_driver_found_reaches_the_executor():
    driven = {
        "parameterValues": {"span": 4.0, "input_fingerprint": "x"},
        "artifacts": {"blessing": {"artifacts": [{"metadata": {"span": 4.0}}]}},
    }
    found = executor_io.prepare(INPUT, driven, MINIO)
    assert found["inputs"]["parameterValues"] == {"span": 4.0, "input_fingerprint": "x"}
    blessing = found["outputs"]["artifacts"]["blessing"]["artifacts"][0]
    assert blessing["metadata"] == {"kept": "yes", "span": 4.0}


def finish(metadata, uri="/minio/bucket/blessing"):
    written = {"artifacts": {"blessing": {"artifacts": [{"uri": uri, "metadata": metadata}]}}}
    prepared = executor_io.prepare(INPUT, None, MINIO)
    (found,) = executor_io.finish(written, prepared, MINIO)["artifacts"]["blessing"]["artifacts"]
    return found


def test_a_blessing_names_its_model_as_vertex_looks_it_up():
    found = finish({"blessed": 1.0, "current_model_id": number_of("projects/7/model")})
    assert found["metadata"] == {"blessed": 1.0, "current_model_id": "projects/7/model"}


def test_a_blessing_of_an_unknown_model_names_none():
    assert finish({"blessed": 1.0, "baseline_model_id": 0.0})["metadata"] == {"blessed": 1.0}


def test_a_name_that_tfx_has_put_in_stays():
    assert finish({"current_model_id": "a name"})["metadata"] == {"current_model_id": "a name"}


def test_paths_in_properties_become_uris_again():
    found = finish({"current_model": "/minio/bucket/model", "count": 2.0})
    assert found["metadata"] == {"current_model": "minio://bucket/model", "count": 2.0}


def test_an_output_that_was_moved_stays_and_says_what_it_stands_for():
    prepared = executor_io.prepare(INPUT, None, MINIO)
    moved = {"uri": "/minio/bucket/earlier", "metadata": {"kept": "yes"}}
    written = {"artifacts": {"blessing": {"artifacts": [moved]}}}
    (found,) = executor_io.finish(written, prepared, MINIO)["artifacts"]["blessing"]["artifacts"]
    assert found["uri"] == "minio://bucket/blessing"
    assert found["metadata"] == {"kept": "yes", "stands_for": "minio://bucket/earlier"}


def test_an_output_that_stays_stands_for_itself():
    prepared = executor_io.prepare(INPUT, None, MINIO)
    for own in ({"uri": "/minio/bucket/blessing"}, {}):
        written = {"artifacts": {"blessing": {"artifacts": [{**own, "metadata": {}}]}}}
        found = executor_io.finish(written, prepared, MINIO)["artifacts"]["blessing"]["artifacts"]
        assert found[0]["metadata"] == {}


@pytest.mark.parametrize(
    ("uri", "path"),
    [("minio://bucket/earlier", "/minio/bucket/earlier"), ("gs://other/a", "gs://other/a")],
)
def test_an_input_is_where_that_is_which_it_stands_for(uri, path):
    given = copy.deepcopy(INPUT)
    (model,) = given["inputs"]["artifacts"]["model"]["artifacts"]
    model["metadata"] = {"stands_for": uri, "kept": 1.0}
    assert executor_io.stood_for(given) == [uri]
    (found,) = executor_io.prepare(given, None, MINIO)["inputs"]["artifacts"]["model"]["artifacts"]
    assert (found["uri"], found["metadata"], found["name"]) == (path, {"kept": 1.0}, MODEL["name"])


def test_inputs_that_stand_for_nothing_are_none():
    assert executor_io.stood_for(INPUT) == []


def test_parts_of_one_input_are_that_input_again():
    first, second, third = ({"name": name, "uri": f"gs://b/{name}"} for name in "abc")
    found = {
        "reports": {"artifacts": [first]},
        "reports.2": {"artifacts": [second]},
        "reports.3": {"artifacts": [first]},
        "_Gate.2": {"artifacts": [third]},
    }
    assert executor_io.joined(found) == {
        "reports": {"artifacts": [first, second]},
        "_Gate.2": {"artifacts": [third]},
    }
