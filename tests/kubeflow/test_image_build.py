from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

import pytest

import skewgate

ROOT = pathlib.Path(__file__).parents[2]
DOCKERFILE = (ROOT / "kubeflow" / "Dockerfile").read_text()
BUILDERS = ("docker", "podman", "buildah")
BASE = "registry.example.org/python@sha256:" + 64 * "a"


@pytest.fixture
def machine(tmp_path):
    """A machine on which the tools of a shell are all there is."""
    for tool in ("bash", "dirname", "env", "sed"):
        (tmp_path / tool).symlink_to(shutil.which(tool))

    def install(builder, *, works=True):
        program = tmp_path / builder
        program.write_text(
            "#!/usr/bin/env bash\n"
            f'if [ "$1" = info ]; then exit {0 if works else 1}; fi\n'
            f'echo "ran {builder}"; printf "%s\\n" "$@"\n'
        )
        program.chmod(0o755)

    def build(*arguments, **environment):
        return subprocess.run(
            [str(ROOT / "scripts" / "build_image.sh"), *arguments],
            env={"PATH": str(tmp_path), "BASE": BASE, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    build.install = install
    return build


def test_without_a_builder_one_sentence_says_what_to_install(machine):
    result = machine()
    assert result.returncode == 2
    assert result.stderr.startswith("make image: none of docker, podman and buildah works here.")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("builder", BUILDERS)
def test_each_builder_gets_the_dockerfile_and_the_name(machine, builder):
    machine.install(builder)
    lines = machine().stdout.splitlines()
    assert f"ran {builder}" in lines
    assert lines[lines.index("--file") + 1] == "kubeflow/Dockerfile"
    assert lines[lines.index("--tag") + 1] == f"skewgate:{skewgate.__version__}"
    assert "STACK=tfx121" in lines
    assert lines[-1] == "."


def test_a_docker_whose_service_is_down_is_passed_over(machine):
    machine.install("docker", works=False)
    machine.install("buildah")
    lines = machine().stdout.splitlines()
    assert "ran buildah" in lines
    assert lines[lines.index("--isolation") + 1] == "chroot"


def test_the_caller_chooses_builder_image_base_and_stack(machine):
    for builder in BUILDERS:
        machine.install(builder)
    lines = machine(
        "--no-cache", BUILDER="podman", IMAGE="registry/skewgate:7", STACK="tfx116"
    ).stdout.splitlines()
    assert "ran podman" in lines
    assert "registry/skewgate:7" in lines
    assert {f"BASE={BASE}", "STACK=tfx116", "--no-cache"} <= set(lines)


def test_a_base_that_is_only_a_name_must_be_asked_for(machine):
    machine.install("buildah")
    result = machine(BASE="py:3.12", ANY_BASE="1")
    assert result.returncode == 0, result.stderr
    assert "BASE=py:3.12" in result.stdout.splitlines()


def test_settings_of_the_index_are_passed_as_secrets_and_not_as_arguments(machine, tmp_path):
    machine.install("buildah")
    (tmp_path / "index").write_text("export UV_INDEX_URL=https://user:password@example.org\n")
    result = machine(INDEX=str(tmp_path / "index"))
    assert f"id=index,src={tmp_path / 'index'}" in result.stdout.splitlines()
    assert "password" not in result.stdout


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"STACK": "tfx117"}, "STACK must be tfx121 or tfx116, got 'tfx117'"),
        ({"BASE": ""}, "BASE is not set. Give a base image by its digest"),
        ({"BASE": "", "STACK": "tfx116"}, "such as that of docker.io/library/python:3.10-slim"),
        ({"BASE": "py:3.12"}, "BASE has no digest: py:3.12."),
        ({"BASE": "py@sha256:12", "ANY_BASE": "yes"}, "BASE has no digest: py@sha256:12."),
        ({"BUILDER": "kaniko"}, "BUILDER must be docker, podman or buildah, got 'kaniko'"),
        ({"BUILDER": "docker"}, "'docker info' fails here"),
        ({"INDEX": "missing"}, "INDEX does not name a file: missing"),
    ],
)
def test_what_cannot_be_built_is_refused_in_a_sentence(machine, environment, words):
    machine.install("buildah")
    result = machine(**environment)
    assert result.returncode == 2
    assert words in result.stderr
    assert "ran" not in result.stdout


def ignored(path, lines):
    """Says whether a .dockerignore leaves out a path: the last rule that matches holds."""
    found = False
    for line in lines:
        rule = line.removeprefix("!")
        pattern = re.escape(rule).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.match(rf"{pattern}(/|$)", path):
            found = not line.startswith("!")
    return found


def test_only_what_is_installed_gets_into_the_build():
    text = (ROOT / ".dockerignore").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    taken = [
        "skewgate/cli/main.py",
        "components/quality_gate/executor.py",
        "kubeflow/schedule/schedules.py",
        "pipeline/taxi/trainer.py",
        "schemas/taxi/drift.yaml",
        "requirements/tfx121.txt",
        "scripts/check_pins.py",
        "setup.py",
        "pyproject.toml",
        "README.md",
    ]
    left = [
        ".git/config",
        ".venv/bin/python",
        ".skewgate/metadata.sqlite",
        "tests/conftest.py",
        "benchmarks/speed.py",
        "docs/metrics.md",
        "kubeflow/manifests/cronjob/cronjob.yaml",
        "skewgate/__pycache__/types.pyc",
        "scripts/setup.sh",
    ]
    assert [path for path in taken if ignored(path, lines)] == []
    assert [path for path in left if not ignored(path, lines)] == []


def test_the_image_runs_as_a_fixed_user_that_is_not_root():
    user = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user == [("10001", "10001")]


def test_both_stages_are_built_on_the_same_base():
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${BASE}", "${BASE}"]


def test_no_base_is_taken_by_default():
    assert re.findall(r"^ARG BASE.*$", DOCKERFILE, re.MULTILINE) == ["ARG BASE"]


def test_the_clusters_own_command_meets_no_entry_point():
    assert not re.search(r"^(ENTRYPOINT|HEALTHCHECK)", DOCKERFILE, re.MULTILINE)


def test_every_folder_that_the_package_links_to_gets_into_the_image():
    linked = {path.name: path for path in (ROOT / "skewgate").iterdir() if path.is_symlink()}
    assert sorted(linked) == ["components", "kubeflow", "pipeline", "schemas"]
    for name, path in linked.items():
        assert str(path.readlink()) == f"../{name}"  # relative: true in every checkout
    assert {f"!{name}" for name in linked} <= set((ROOT / ".dockerignore").read_text().split("\n"))
