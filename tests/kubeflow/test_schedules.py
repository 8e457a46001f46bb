from __future__ import annotations

import json
import pathlib

import pytest
import yaml
from google.auth.credentials import AnonymousCredentials

from skewgate.cli.main import main
from skewgate.core.errors import InputError, SkewgateError
from skewgate.kubeflow.schedule import cron, schedule_clients, schedules
from skewgate.kubeflow.schedule.schedules import KUBEFLOW, VERTEX, Schedule

ROLE = pathlib.Path(__file__).parents[2] / "kubeflow" / "manifests" / "scheduler" / "role.yaml"
SPEC = {
    "schemaVersion": "2.1.0",
    "pipelineInfo": {"name": "taxi-monitoring"},
    "defaultPipelineRoot": "gs://bucket/taxi",
    "deploymentSpec": {"executors": {"e": {"container": {"image": "i", "command": ["true"]}}}},
    "components": {"comp-gen": {"executorLabel": "e"}},
    "root": {
        "inputDefinitions": {
            "parameters": {
                "scheduled-time": {"parameterType": "STRING"},
                "data": {"parameterType": "STRING", "defaultValue": "gs://bucket/data"},
                "span": {"parameterType": "NUMBER_INTEGER", "defaultValue": 0.0},
                "alpha": {"parameterType": "NUMBER_DOUBLE", "defaultValue": 0.05},
                "strict": {"parameterType": "BOOLEAN", "defaultValue": True},
            }
        },
        "dag": {
            "tasks": {
                "gen": {"componentRef": {"name": "comp-gen"}, "taskInfo": {"name": "gen"}},
            }
        },
    },
}
SECRET = {"secretName": "keys", "keyToEnv": [{"secretKey": "a", "envVar": "AWS_ACCESS_KEY_ID"}]}
PLATFORM = {
    "platforms": {"kubernetes": {"deploymentSpec": {"executors": {"e": {"secretAsEnv": [SECRET]}}}}}
}
JOB = {
    "displayName": "taxi-monitoring",
    "labels": {"skewgate": "0-1-0"},
    "pipelineSpec": SPEC,
    "runtimeConfig": {
        "gcsOutputDirectory": "gs://bucket/taxi",
        "parameterValues": {"data": "gs://bucket/other", "span": 7},
    },
}
DAILY = Schedule("nightly", "30 6 * * *", "scheduled-time", {"span": "3"})


@pytest.fixture
def kubeflow_file(tmp_path):
    path = tmp_path / "monitoring.yaml"
    path.write_text(yaml.safe_dump_all([SPEC, PLATFORM]))
    return str(path)


@pytest.fixture
def vertex_file(tmp_path):
    path = tmp_path / "monitoring.json"
    path.write_text(json.dumps(JOB))
    return str(path)


API = "/apis/v2beta1"


@pytest.fixture
def kubeflow(server):
    server.answers |= {
        ("GET", f"{API}/experiments"): (200, {}),
        ("POST", f"{API}/experiments"): (200, {"experiment_id": "e-1", "display_name": "taxi"}),
        ("GET", f"{API}/recurringruns"): (
            200,
            [
                {"recurringRuns": [{"display_name": "hourly"}], "next_page_token": "2"},
                {"recurringRuns": [{"display_name": "weekly"}]},
            ],
        ),
        ("POST", f"{API}/recurringruns"): (200, {"recurring_run_id": "r-1"}),
    }
    return server


def ask_kubeflow(server, path, **changes):
    request = schedules.kubeflow_request(
        schedules.load(path, KUBEFLOW),
        DAILY,
        **{"host": server.url, "experiment": "taxi", "namespace": "team", **changes},
    )
    return schedule_clients.create_on_kubeflow(request)


def test_kubeflow_is_asked_for_a_recurring_run_that_gets_its_scheduled_time(
    kubeflow, kubeflow_file
):
    assert ask_kubeflow(kubeflow, kubeflow_file, service_account="runner") == "r-1"
    body = kubeflow.asked[-1][2]
    assert body["display_name"] == "nightly"
    assert body["experiment_id"] == "e-1"
    assert body["trigger"] == {"cron_schedule": {"cron": "0 30 6 * * *"}}
    assert body["runtime_config"]["parameters"] == {
        "scheduled-time": "[[ScheduledTime]]",
        "span": 3,
    }
    assert body["max_concurrency"] == 1
    assert body["no_catchup"] is False
    assert body["service_account"] == "runner"
    assert body["mode"] == "ENABLE"
    assert body["pipeline_spec"]["pipeline_spec"]["pipelineInfo"] == {"name": "taxi-monitoring"}
    assert body["pipeline_spec"]["platform_spec"] == PLATFORM


def test_the_experiment_is_made_in_the_namespace_that_is_named(kubeflow, kubeflow_file):
    ask_kubeflow(kubeflow, kubeflow_file)
    made = [body for method, path, body, _ in kubeflow.asked if path.endswith("/experiments")][-1]
    assert (made["display_name"], made["namespace"]) == ("taxi", "team")


def test_a_second_recurring_run_of_one_name_is_not_made(kubeflow, kubeflow_file):
    pages = kubeflow.answers["GET", f"{API}/recurringruns"][1]
    pages[1]["recurringRuns"].append({"display_name": "nightly"})
    with pytest.raises(InputError, match="already has a recurring run nightly"):
        ask_kubeflow(kubeflow, kubeflow_file)
    assert ("POST", f"{API}/recurringruns") not in [asked[:2] for asked in kubeflow.asked]


def test_a_token_of_the_pod_is_sent(kubeflow, kubeflow_file, monkeypatch, tmp_path):
    (tmp_path / "token").write_text("secret-of-the-pod")
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
    ask_kubeflow(kubeflow, kubeflow_file)
    headers = {name.lower(): value for name, value in kubeflow.asked[-1][3].items()}
    assert headers["authorization"] == "Bearer secret-of-the-pod"


def test_a_token_that_is_not_where_it_should_be_is_no_call_without_one(
    kubeflow, kubeflow_file, monkeypatch, tmp_path
):
    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "missing"))
    with pytest.raises(
        InputError, match=r"^KF_PIPELINES_SA_TOKEN_PATH: does not name a file: .*missing"
    ):
        ask_kubeflow(kubeflow, kubeflow_file)
    assert kubeflow.asked == []


def test_a_refusal_of_kubeflow_is_one_sentence(kubeflow, kubeflow_file, capsys):
    kubeflow.answers["POST", f"{API}/recurringruns"] = (403, {"error": "not yours"})
    common = ["schedule", "kubeflow", kubeflow_file, "--host", kubeflow.url, "--name", "nightly"]
    code = main([*common, "--cron", "0 6 * * *", "--namespace", "team"])
    output = capsys.readouterr()
    assert code == 2
    assert output.out == ""
    assert "no schedule was made: (403)" in output.err.splitlines()[-1]


def test_a_scheduler_that_is_not_there_is_one_sentence(server, kubeflow_file):
    server.shutdown()
    server.server_close()
    with pytest.raises(SkewgateError, match=r"^http://127.0.0.1:\d+: no schedule was made: "):
        ask_kubeflow(server, kubeflow_file)


def test_the_role_asks_for_exactly_what_making_a_recurring_run_needs(kubeflow, kubeflow_file):
    ask_kubeflow(kubeflow, kubeflow_file)
    resources = {f"{API}/experiments": "experiments", f"{API}/recurringruns": "jobs"}
    verbs = {"GET": "list", "POST": "create"}
    used = {(resources[path], verbs[method]) for method, path, *_ in kubeflow.asked}
    rules = yaml.safe_load(ROLE.read_text())["rules"]
    assert {group for rule in rules for group in rule["apiGroups"]} == {"pipelines.kubeflow.org"}
    assert used == {
        (resource, verb)
        for rule in rules
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


PARENT = "projects/p-1/locations/europe-west4"


@pytest.fixture
def vertex(server):
    path = f"/v1/{PARENT}/schedules"
    server.answers |= {
        ("GET", path): (200, {"schedules": [{"displayName": "weekly"}]}),
        ("POST", path): (200, {"name": f"{PARENT}/schedules/5", "displayName": "nightly"}),
    }
    return server


def vertex_request(path, schedule=DAILY, **changes):
    return schedules.vertex_request(
        schedules.load(path, VERTEX),
        schedule,
        **{"project": "p-1", "location": "europe-west4", **changes},
    )


def ask_vertex(server, request):
    return schedule_clients.create_on_vertex(
        request, endpoint=server.url, credentials=AnonymousCredentials()
    )


def test_vertex_is_asked_for_a_schedule_whose_runs_get_their_scheduled_time(vertex, vertex_file):
    request = vertex_request(vertex_file, zone="Europe/Berlin", service_account="a@example.org")
    assert ask_vertex(vertex, request) == f"{PARENT}/schedules/5"
    body = vertex.asked[-1][2]
    assert body["displayName"] == "nightly"
    assert body["cron"] == "TZ=Europe/Berlin 30 6 * * *"
    assert body["allowQueueing"] is True
    assert int(body["maxConcurrentRunCount"]) == 1
    job = body["createPipelineJobRequest"]["pipelineJob"]
    assert job["serviceAccount"] == "a@example.org"
    assert job["labels"] == {"skewgate": "0-1-0"}
    assert job["pipelineSpec"]["pipelineInfo"] == {"name": "taxi-monitoring"}
    assert job["runtimeConfig"]["gcsOutputDirectory"] == "gs://bucket/taxi"
    assert job["runtimeConfig"]["parameterValues"] == {
        "scheduled-time": "{{$.pipeline_job_schedule_time_utc}}",
        "data": "gs://bucket/other",
        "span": 3,
    }


def test_a_second_schedule_of_one_name_is_not_made(vertex, vertex_file):
    request = vertex_request(vertex_file, Schedule("weekly", "0 6 * * 1", "scheduled-time"))
    with pytest.raises(InputError, match="already has a schedule weekly"):
        ask_vertex(vertex, request)
    assert [asked[0] for asked in vertex.asked] == ["GET"]


def test_a_refusal_of_vertex_is_one_sentence(vertex, vertex_file):
    vertex.answers["POST", f"/v1/{PARENT}/schedules"] = (
        403,
        {"error": {"code": 403, "message": "not yours", "status": "PERMISSION_DENIED"}},
    )
    with pytest.raises(SkewgateError, match=r"no schedule was made: 403 .*not yours"):
        ask_vertex(vertex, vertex_request(vertex_file))


def test_a_dry_run_prints_the_request_and_asks_nobody(server, kubeflow_file, vertex_file, capsys):
    common = ["--name", "nightly", "--cron", "30 6 * * *", "--parameter", "span=3", "--dry-run"]
    assert main(["schedule", "kubeflow", kubeflow_file, "--host", server.url, *common]) == 0
    assert json.loads(capsys.readouterr().out) == schedules.kubeflow_request(
        schedules.load(kubeflow_file, KUBEFLOW), DAILY, host=server.url, experiment="skewgate"
    )
    place = ["--project", "p-1", "--location", "europe-west4", "--time-zone", "Europe/Berlin"]
    assert main(["schedule", "vertex", vertex_file, *place, *common]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == vertex_request(vertex_file, zone="Europe/Berlin")
    assert server.asked == []


def test_missed_runs_are_made_up_unless_the_caller_says_otherwise(kubeflow_file, capsys):
    common = ["schedule", "kubeflow", kubeflow_file, "--host", "h", "--name", "n"]
    common += ["--cron", "0 6 * * *", "--dry-run"]
    for more, left_out in (([], False), (["--no-catch-up"], True)):
        main([*common, *more])
        assert json.loads(capsys.readouterr().out)["recurring_run"]["no_catchup"] is left_out


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (
            Schedule("n", "0 6 * * *", "end"),
            "parameter end: is not known; .* has alpha, data, scheduled-time, span, strict. "
            "Fix: split its rows by windows and compile it again",
        ),
        (Schedule("n", "0 6 * * *", "span"), "parameter span: must be of type STRING to get"),
        (
            Schedule("n", "0 6 * * *", "data"),
            "parameter scheduled-time: has no default and no value",
        ),
        (
            Schedule("n", "0 6 * * *", "data", {"scheduled-time": "x", "data": "y"}),
            "parameter data: gets the scheduled time, so it cannot be given",
        ),
        (
            Schedule("n", "0 6 * * *", "scheduled-time", {"rows": "1"}),
            "parameter rows: is not known",
        ),
        (
            Schedule("n", "0 6 * * *", "scheduled-time", {"span": "1.5"}),
            "parameter span: must be a whole number, got '1.5'",
        ),
        (
            Schedule("n", "0 6 * * *", "scheduled-time", {"alpha": "NaN"}),
            "parameter alpha: must be a number, got 'NaN'",
        ),
        (
            Schedule("n", "0 6 * * *", "scheduled-time", {"strict": "yes"}),
            "parameter strict: must be true or false, got 'yes'",
        ),
        (Schedule("n", "0 6 * *", "scheduled-time"), "cron: must have five fields"),
    ],
)
def test_a_schedule_that_does_not_fit_the_pipeline_is_refused(kubeflow_file, schedule, words):
    compiled = schedules.load(kubeflow_file, KUBEFLOW)
    with pytest.raises(InputError, match=words):
        schedules.kubeflow_request(compiled, schedule, host="h", experiment="e")


def test_values_get_the_types_of_their_parameters(kubeflow_file):
    schedule = Schedule(
        "n",
        "0 6 * * *",
        "scheduled-time",
        {"span": "3", "alpha": "1", "strict": "false", "data": "3"},
    )
    request = schedules.kubeflow_request(
        schedules.load(kubeflow_file, KUBEFLOW), schedule, host="h", experiment="e"
    )
    values = request["recurring_run"]["params"]
    assert (values["span"], values["alpha"], values["data"]) == (3, 1, "3")
    assert values["strict"] is False


def test_an_unknown_time_zone_is_refused_before_anything_is_sent(vertex_file):
    with pytest.raises(InputError, match="time zone: 'Berlin' is not known"):
        vertex_request(vertex_file, zone="Berlin")


@pytest.mark.parametrize(
    ("name", "text", "target", "words"),
    [
        ("m.json", "{}", KUBEFLOW, "must be a .yaml file for kubeflow. Fix: compile it with"),
        ("m.yaml", "a: b", VERTEX, "must be a .json file for vertex"),
        ("m.yaml", "a: [b", KUBEFLOW, "line 1, column 6: is not valid YAML: .* Fix: compile"),
        ("m.json", "{", VERTEX, "is not JSON .* Fix: compile it with"),
        ("m.json", "[" * 100_000, VERTEX, "is not JSON .more than 64 nested lists and objects"),
        ("m.yaml", "[" * 100_000, KUBEFLOW, "more than 64 nested mappings and lists"),
        ("m.yaml", "", KUBEFLOW, "must be a pipeline compiled for kubeflow"),
        ("m.yaml", "- 1", KUBEFLOW, "must be a pipeline compiled for kubeflow"),
        ("m.json", "[1]", VERTEX, "must be a pipeline compiled for vertex"),
        ("m.json", json.dumps(SPEC), VERTEX, "must be a pipeline compiled for vertex"),
    ],
)
def test_a_file_that_is_no_compiled_pipeline_is_refused(tmp_path, name, text, target, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words):
        schedules.load(str(tmp_path / name), target)


@pytest.mark.parametrize("text", ["rows", "=1"])
def test_a_parameter_without_a_name_or_a_value_is_refused(kubeflow_file, text, capsys):
    common = ["schedule", "kubeflow", kubeflow_file, "--host", "h", "--name", "n"]
    assert main([*common, "--cron", "0 6 * * *", "--parameter", text]) == 2
    assert f"--parameter: must be NAME=VALUE, got {text!r}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "expression",
    ["0 6 * * *", "*/15 * * * *", "0 0,12 1-15/2 JAN-MAR,dec mon-fri", "59 23 31 12 6"],
)
def test_cron_expressions_that_all_schedulers_take_are_taken(expression):
    assert cron.check(f"  {expression.replace(' ', '  ')} ") == expression


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("60 6 * * *", "minute"),
        ("-1 6 * * *", "minute"),
        ("0 24 * * *", "hour"),
        ("0 6 0 * *", "day of month"),
        ("0 6 * 13 *", "month"),
        ("0 6 * * 7", "day of week"),
        ("0 6 * * MOO", "day of week"),
        ("30-10 6 * * *", "minute"),
        ("*/0 6 * * *", "minute"),
        ("0 6,, * * *", "hour"),
        ("0 6 ? * *", "day of month"),
        ("٣ 6 * * *", "minute"),
    ],
)
def test_a_field_that_is_wrong_is_named(expression, field):
    with pytest.raises(InputError, match=f"^cron: {field}: must be "):
        cron.check(expression)


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["skewgate-monitoring-29926440", "--every", "1d"], "2026-11-25T00:00:00Z\n"),
        (
            ["20261125060000", "--every", "6h", "--start"],
            "2026-11-25T00:00:00Z 2026-11-25T06:00:00Z\n",
        ),
        (
            ["2026-11-25T06:00:00Z", "--every", "1d", "--time-zone", "Europe/Berlin"],
            "2026-11-24T23:00:00Z\n",
        ),
    ],
)
def test_the_window_of_a_run_is_printed(arguments, printed, capsys):
    assert main(["schedule", "window", *arguments]) == 0
    assert capsys.readouterr().out == printed


def test_a_job_that_no_schedule_made_has_no_window(capsys):
    assert main(["schedule", "window", "monitoring-by-hand", "--every", "1d"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "the name of a CronJob's Job such as" in output.err
