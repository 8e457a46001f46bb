"""What a container of a compiled pipeline runs: one executor of a TFX component.

Takes the arguments of TFX's own `kubeflow_v2_run_executor`, and what `skewgate compile` adds to
them. It cures what keeps TFX from running on open-source Kubeflow: the output for logs, whose type
TFX cannot import; object stores that TFX cannot read; the driver that finds the files of an
ExampleGen, which Kubeflow never runs; outputs that stand for artifacts of earlier runs, which
Kubeflow refuses.

An error is one sentence on stderr, and its exit code that of the command line: 1 for a gate that is
shut and for nothing else, 3 for one that is inconclusive, 2 for bad input and for any error that
nobody expected, whose traceback goes to stdout: both are the log of the task.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import skewgate
from skewgate.core import (
    fresh_imports,
    json_text,
    process_exit,
    source_code,
    temporary,
    unexpected,
    user_functions,
)
from skewgate.core.errors import InputError, SkewgateError
from skewgate.core.hidden import visible_lines
from skewgate.kubeflow.image import command, executor_io, file_inputs
from skewgate.storage import mounts as mounts_lib
from skewgate.storage import s3
from skewgate.storage.mounts import Mounts

_VALUES = ("tfx.Boolean", "tfx.Float", "tfx.Integer", "tfx.JsonValue", "tfx.String")
_VERBATIM = ("executor_class_path", "json_serialized_inputs_spec_args")


def _parse(arguments: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Returns our options, and the rest, which is for Beam."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--executor_class_path", required=True, help="import path of the executor")
    parser.add_argument(command.INVOCATION, required=True, help="executor input as JSON")
    parser.add_argument(command.INPUTS_SPEC, help="types of the parameters as JSON")
    parser.add_argument(
        command.FILE_DRIVER, action="store_true", help="find the input files if no earlier task has"
    )
    parser.add_argument(
        command.DRIVER_ONLY, action="store_true", help="find them without running an executor"
    )
    return parser.parse_known_args(arguments)


def _check_version() -> None:
    """Raises InputError if the spec was compiled by another skewgate."""
    compiled_by = os.environ.get(command.VERSION_VARIABLE, skewgate.__version__)
    if compiled_by != skewgate.__version__:
        raise InputError(
            "pipeline file",
            f"was compiled by skewgate {compiled_by}, but this image holds {skewgate.__version__}",
            "compile it again, or use the image of that version",
        )


def _read(path: str) -> dict[str, Any] | None:
    """Reads a JSON file of any file system that TFX knows; None if there is none."""
    from tfx.dsl.io import fileio

    if not fileio.exists(path):
        return None
    with fileio.open(path, "r") as stream:
        content: dict[str, Any] = json_text.parse(stream.read(), path, "run the task again")
    return content


def _write(path: str, content: dict[str, Any]) -> None:
    """Writes a JSON file under a temporary name, then renames it."""
    from tfx.dsl.io import fileio

    fileio.makedirs(os.path.dirname(path))
    with fileio.open(f"{path}.tmp", "w") as stream:
        stream.write(json.dumps(content, sort_keys=True))
    fileio.rename(f"{path}.tmp", path, overwrite=True)


def _call_tfx(
    options: argparse.Namespace,
    beam_args: list[str],
    executor_input: dict[str, Any],
    *,
    driver: bool,
) -> dict[str, Any]:
    """Runs TFX's file driver or its executor, and returns the executor output that it wrote."""
    from tfx.dsl.io import fileio

    # A file of its own, so that the backend never reads one that is not finished.
    target = executor_input["outputs"]["outputFile"] + (".driver" if driver else ".executor")
    content = {**executor_input, "outputs": {**executor_input["outputs"], "outputFile": target}}
    given = argparse.Namespace(**{name: getattr(options, name) for name in _VERBATIM})
    given.json_serialized_invocation_args = json.dumps(content)
    if fileio.exists(target):
        fileio.remove(target)
    if driver:
        from tfx.orchestration.kubeflow.v2.file_based_example_gen import driver as driver_lib

        driver_lib.main(given)
    else:
        from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_run_executor

        kubeflow_v2_run_executor.main((given, beam_args))
    written = _read(target)
    fileio.remove(target)
    return written or {}


def _make_folders(outputs: dict[str, Any]) -> None:
    """Makes the folders of outputs, as TFX does where it runs pipelines itself.

    An object store needs none, and the uri of a value is that of a file.
    """
    for artifact in executor_io.artifacts(outputs):
        uri = artifact["uri"]
        if "://" not in uri:
            is_value = executor_io.type_title(artifact) in _VALUES
            os.makedirs(os.path.dirname(uri) if is_value else uri, exist_ok=True)


def _bring(uris: Sequence[str], mounts: Mounts) -> None:
    """Brings artifacts of other runs to where a launcher would have put them.

    What TFX reads by itself stays where it is.

    Raises:
        InputError: one is gone, or its store cannot be reached.
    """
    from tfx.dsl.io import fileio

    for uri in uris:
        path = mounts.local(uri)
        if path != uri and not os.path.exists(path) and s3.is_reachable(uri):
            s3.download(uri, path)
        if not fileio.exists(path):
            raise InputError(
                uri,
                "was written by an earlier run, but no longer exists",
                "run the training pipeline again",
            )


def _check_code(parameters: Mapping[str, Any]) -> None:
    """Checks the modules of the user that parameters name, before anything is imported.

    Raises:
        InputError: the image has no such module, or everybody may write it.
    """
    run_fn = parameters.get("run_fn")
    if isinstance(run_fn, str) and run_fn:
        try:
            user_functions.check(run_fn, "parameter", "run_fn")
        except user_functions.MissingModuleError as error:
            raise InputError(
                error.where,
                f"{error.problem} in this image",
                "put the module into the image, in a folder on its PYTHONPATH, as docs/kubeflow.md "
                "says",
            ) from error
    fresh_imports.check(source_code.Search(source_code.named(parameters)))


def _run(options: argparse.Namespace, beam_args: list[str], mounts: Mounts) -> None:
    """Runs the driver where it is due, then the executor, and writes the backend's output file."""
    import skewgate.components  # noqa: F401 (TFX then reads object stores)

    executor_input = json.loads(options.json_serialized_invocation_args)
    prepared = executor_io.prepare(executor_input, None, mounts)
    output_file = prepared["outputs"]["outputFile"]
    driven = None if options.driver_only else _read(output_file)
    if options.driver_only or (driven is None and options.file_driver):
        call = functools.partial(_call_tfx, options, beam_args, driver=True)
        driven = file_inputs.drive(prepared, call)
    if options.driver_only:
        _write(output_file, executor_io.finish(driven or {}, prepared, mounts))
        return
    _bring(executor_io.stood_for(executor_input), mounts)
    prepared = executor_io.prepare(executor_input, driven, mounts)
    _make_folders(prepared["outputs"])
    _check_code(prepared["inputs"].get("parameterValues", {}))
    written = _call_tfx(options, beam_args, prepared, driver=False)
    _write(output_file, executor_io.finish(written, prepared, mounts))


def _meant(error: BaseException) -> SkewgateError | None:
    """Returns the error that skewgate raised on purpose, if that is what `error` comes from."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, SkewgateError):
            return seen
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one executor and returns the exit code of the container."""
    # The kfp SDK then loads no more than the protos; TFX needs nothing else of it.
    os.environ.setdefault("_KFP_RUNTIME", "true")
    options, beam_args = _parse(arguments)
    mounts = Mounts({})
    try:
        _check_version()
        temporary.use_own_folder()
        mounts = mounts_lib.current()
        _run(options, beam_args, mounts)
    except Exception as error:  # noqa: BLE001 (a fault must not look like the verdict of a gate)
        meant = _meant(error) or unexpected.in_log(error, sys.stdout)
        sys.stderr.write(f"skewgate: {visible_lines(mounts.restored(str(meant)))}\n")
        return meant.exit_code
    return 0


if __name__ == "__main__":
    process_exit.run_and_exit(main)
