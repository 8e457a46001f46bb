"""The options of the commands that run and compile whole pipelines."""

from __future__ import annotations

from typing import Any

from skewgate.core.errors import VERDICT_CODES


def add_run(commands: Any) -> None:
    """Adds `skewgate run`."""
    run = commands.add_parser(
        "run",
        help="run a pipeline on this machine and print its verdicts",
        description="Runs a pipeline on local Beam, or a compiled one as a cluster would, and "
        "prints its verdicts and report paths.",
        epilog=VERDICT_CODES,
    )
    which = run.add_mutually_exclusive_group(required=True)
    which.add_argument("pipeline", nargs="?", choices=("training", "monitoring"))
    which.add_argument(
        "--from-spec", metavar="FILE", help="run what `skewgate compile` wrote, task by task"
    )
    run.add_argument(
        "--config",
        metavar="FILE",
        help="settings of the pipelines (default: pipeline.yaml in this folder)",
    )
    run.add_argument(
        "--scheduled-time",
        metavar="TIME",
        help="what the run was scheduled for, if the settings split rows by windows (default: now)",
    )
    run.add_argument(
        "--wait",
        action="store_true",
        help="wait for another run of this pipeline in the same root (default: refuse)",
    )
    of_spec = run.add_argument_group("with --from-spec")
    of_spec.add_argument(
        "--root",
        metavar="DIR",
        help="folder for runs and object stores (default: .skewgate/from-spec)",
    )
    _add_parameter(of_spec, "value of a runtime parameter; may be repeated")
    of_spec.add_argument(
        "--command-prefix",
        metavar="COMMAND",
        help="command to put before the one of each container, such as 'chroot /image'; it must "
        "see DIR under the same path",
    )
    of_spec.add_argument(
        "--object-store",
        metavar="URL",
        help="S3 server for minio:// and s3://; without it, folders stand in for them",
    )
    of_spec.add_argument(
        "--cache", action="store_true", help="reuse results of earlier runs in the same folder"
    )


def _add_parameter(parser: Any, what: str) -> None:
    parser.add_argument("--parameter", metavar="NAME=VALUE", action="append", default=[], help=what)


def add_clean(commands: Any) -> None:
    """Adds `skewgate clean`."""
    clean = commands.add_parser(
        "clean",
        help="remove what runs left behind and the settings do not keep",
        description="Removes what runs left behind beyond the limits of `retention` in the "
        "settings: artifacts, records, logs, rows of ML Metadata. Whatever is served, compared "
        "with or referred to is kept.",
        epilog="exit codes: 0 cleaned, 2 usage or bad input",
    )
    clean.add_argument(
        "--config",
        metavar="FILE",
        help="settings of the pipelines (default: pipeline.yaml in this folder)",
    )
    clean.add_argument(
        "--root",
        metavar="ROOT",
        help="clean the state of compiled pipelines under this root, such as s3://BUCKET/FOLDER, "
        "instead of what runs left on this machine",
    )
    clean.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    clean.add_argument("--json", action="store_true", help="print JSON")
    clean.add_argument(
        "--wait",
        action="store_true",
        help="wait for runs of the pipelines in the same root (default: refuse)",
    )


def add_compile(commands: Any) -> None:
    """Adds `skewgate compile`."""
    compiling = commands.add_parser(
        "compile",
        help="write a pipeline for Kubeflow or Vertex AI",
        description="Compiles a pipeline for Kubeflow Pipelines v2 (.yaml) or Vertex AI (.json). "
        "The same pipeline and options give the same bytes.",
        epilog="exit codes: 0 written, 2 usage or bad input",
    )
    compiling.add_argument("pipeline", choices=("training", "monitoring"))
    compiling.add_argument("--target", choices=("kubeflow", "vertex"), help="where it will run")
    compiling.add_argument("--out", metavar="FILE", required=True, help="file to write")
    compiling.add_argument("--image", metavar="IMAGE", help="image with skewgate and your code")
    compiling.add_argument(
        "--pipeline-root", metavar="ROOT", help="where artifacts go, such as gs://BUCKET/FOLDER"
    )
    compiling.add_argument(
        "--config",
        metavar="FILE",
        help="settings of the pipelines (default: pipeline.yaml in this folder)",
    )
    compiling.add_argument(
        "--options",
        metavar="FILE",
        help="options of this command, and resources, retries and caching of nodes",
    )
    compiling.add_argument(
        "--shared-root",
        metavar="ROOT",
        help="where the state and pushed models go, if not under the pipeline root",
    )
    compiling.add_argument(
        "--service-account", metavar="NAME", help="service account of the tasks (Vertex only)"
    )
    _add_parameter(compiling, "default of a runtime parameter; may be repeated")
    compiling.add_argument("--no-cache", action="store_true", help="do not reuse results")
