"""`skewgate compile`: a pipeline as a file for Kubeflow Pipelines v2 or Vertex AI."""

from __future__ import annotations

import argparse
import os
import pathlib
from typing import TYPE_CHECKING, Any

from skewgate.cli import console
from skewgate.core import source_code, temporary, unexpected
from skewgate.core.errors import EXIT_PASS, InputError, SkewgateError
from skewgate.kubeflow import parameters
from skewgate.kubeflow.compile import options as options_lib

if TYPE_CHECKING:
    from skewgate.pipeline.settings import Settings


def run(arguments: argparse.Namespace) -> int:
    """Runs the command and returns its exit code.

    Args:
        arguments: pipeline, target, out, config, options, image, pipeline_root, service_account,
            shared_root, parameter, no_cache.

    Raises:
        InputError: an option, settings, contracts or the pipeline cannot be used.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    options = options_lib.load(
        arguments.options,
        target=arguments.target,
        image=arguments.image,
        pipeline_root=arguments.pipeline_root,
        service_account=arguments.service_account,
        shared_root=arguments.shared_root,
        enable_cache=False if arguments.no_cache else None,
        parameters=parameters.parse_assignments(arguments.parameter),
    )
    options_lib.check_ending(arguments.out, options.target)
    from skewgate.pipeline import settings as settings_lib
    from skewgate.pipeline import user_modules
    from skewgate.pipeline.checking import checks

    path = settings_lib.chosen(arguments.config)
    with user_modules.beside(path):
        settings = checks.of_compilation(path, arguments.pipeline)
    temporary.use_own_folder()
    log = pathlib.Path(settings.root) / "logs" / f"compile-{arguments.pipeline}.log"
    with console.redirected(log):
        compiled = _compile(arguments.pipeline, settings, options, log)
    from skewgate.kubeflow.compile import compiler

    compiler.write(compiled, options, arguments.out)
    console.say(f"{arguments.pipeline}: written to {arguments.out}")
    _say_what_the_image_needs(arguments.pipeline, settings, options)
    if options.enable_cache is None and not options.caches():
        print(
            f"no task is cached: {options.image} may name another image tomorrow. Give its digest, "
            "IMAGE@sha256:..., to use results again"
        )
    return EXIT_PASS


def _say_what_the_image_needs(
    name: str, settings: Settings, options: options_lib.CompileOptions
) -> None:
    """Says which module of the user the image must hold: a compiled pipeline has its name alone."""
    if name != "training" or settings.training is None:
        return
    module = settings.training.run_fn.rpartition(".")[0]
    if not source_code.is_own(module):
        console.say(
            f"{options.image} must hold the module {module} of run_fn, in a folder on its "
            "PYTHONPATH; docs/kubeflow.md says how to put it there"
        )


def _compile(
    name: str, settings: Settings, options: options_lib.CompileOptions, log: pathlib.Path
) -> dict[str, Any]:
    from skewgate.kubeflow.compile import compiler
    from skewgate.pipeline import deployments, factories

    try:
        place = deployments.cluster(settings, name, options.shared())
        return compiler.compile_pipeline(factories.create(name, settings, place), options)
    except SkewgateError:
        raise
    except Exception as error:
        raise InputError(
            f"pipeline {name}",
            f"cannot be compiled: {unexpected.in_short(error).rstrip('.')}",
            f"see {log}",
        ) from error
