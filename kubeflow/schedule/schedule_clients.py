"""Sends the requests of `skewgate.kubeflow.schedule.schedules` to Kubeflow and Vertex AI."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from skewgate.core.errors import InputError, SkewgateError

_TOKEN_VARIABLE = "KF_PIPELINES_SA_TOKEN_PATH"
_TOKEN = "/var/run/secrets/kubeflow/pipelines/token"
_PAGE = 100


def create_on_kubeflow(request: dict[str, Any]) -> str:
    """Makes a recurring run and returns its id.

    In a pod it uses the token that is projected there, at the path that the environment variable
    KF_PIPELINES_SA_TOKEN_PATH names, or at Kubeflow's own.

    Args:
        request: of `schedules.kubeflow_request`.

    Raises:
        InputError: there is a recurring run of that name in the experiment already, or no token
            where the variable says.
        SkewgateError: Kubeflow could not be reached, or refused.
    """
    import kfp.client
    import kfp_server_api
    import urllib3

    token = pathlib.Path(os.environ.get(_TOKEN_VARIABLE) or _TOKEN)
    if os.environ.get(_TOKEN_VARIABLE) and not token.is_file():
        raise InputError(
            _TOKEN_VARIABLE, f"does not name a file: {token}", "mount the token there, or unset it"
        )
    credentials = (
        kfp.client.ServiceAccountTokenVolumeCredentials(str(token)) if token.is_file() else None
    )
    refusals = (kfp_server_api.ApiException, urllib3.exceptions.HTTPError)
    with (
        _explained(request["host"], refusals),
        contextlib.redirect_stdout(sys.stderr),  # kfp prints links: no answer of this command
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", FutureWarning)  # that old servers are not supported
        client = kfp.client.Client(
            host=request["host"],
            namespace=request["namespace"] or "kubeflow",
            credentials=credentials,
        )
        experiment = client.create_experiment(
            request["experiment"], namespace=request["namespace"]
        ).experiment_id
        name = request["recurring_run"]["job_name"]
        if name in _recurring_runs(client, experiment):
            raise InputError(
                request["host"],
                f"experiment {request['experiment']} already has a recurring run {name}",
                "delete that one, or give another --name",
            )
        made = client.create_recurring_run(experiment, **request["recurring_run"])
    return str(made.recurring_run_id)


def create_on_vertex(
    request: dict[str, Any], *, endpoint: str | None = None, credentials: Any = None
) -> str:
    """Makes a schedule of Vertex AI and returns its resource name.

    Args:
        request: of `schedules.vertex_request`.
        endpoint: address of the service; that of the location by default.
        credentials: of google-auth; those of the environment by default.

    Raises:
        InputError: there is a schedule of that name in the location already.
        SkewgateError: Vertex AI could not be reached, or refused.
    """
    import requests
    from google.api_core import exceptions
    from google.auth import exceptions as auth_exceptions
    from google.cloud import aiplatform_v1

    location = request["parent"].rpartition("/")[2]
    endpoint = endpoint or f"https://{location}-aiplatform.googleapis.com"
    message = aiplatform_v1.CreateScheduleRequest.from_json(json.dumps(request))
    refusals = (
        exceptions.GoogleAPIError,
        auth_exceptions.GoogleAuthError,
        requests.RequestException,
    )
    with _explained(endpoint, refusals):
        client = aiplatform_v1.ScheduleServiceClient(
            credentials=credentials,
            transport="rest",
            client_options={"api_endpoint": endpoint},
        )
        name = message.schedule.display_name
        if any(each.display_name == name for each in client.list_schedules(parent=message.parent)):
            raise InputError(
                request["parent"],
                f"already has a schedule {name}",
                "delete that one, or give another --name",
            )
        return str(client.create_schedule(request=message).name)


def _recurring_runs(client: Any, experiment: str) -> set[str]:
    names: set[str] = set()
    page = ""
    while True:
        answer = client.list_recurring_runs(
            page_token=page, page_size=_PAGE, experiment_id=experiment
        )
        names |= {each.display_name for each in answer.recurring_runs or ()}
        page = answer.next_page_token or ""
        if not page:
            return names


@contextlib.contextmanager
def _explained(host: str, refusals: tuple[type[Exception], ...]) -> Iterator[None]:
    """Says in one sentence what a client's exceptions mean."""
    try:
        yield
    except refusals as error:
        words = " ".join(str(error).split()) or type(error).__name__
        raise SkewgateError(f"{host}: no schedule was made: {words[:500]}") from error
