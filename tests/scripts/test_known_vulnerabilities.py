"""What docs/dependencies.md says of known vulnerabilities is true of the locks."""

from __future__ import annotations

import importlib.util
import pathlib
import re

import pytest
from google.protobuf import struct_pb2
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError
from kfp.pipeline_spec import pipeline_spec_pb2
from tensorflow_model_analysis.proto import config_pb2

ROOT = pathlib.Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "dependencies.md").read_text()
(SECTION,) = re.findall(r"^## Known vulnerabilities\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
ROWS = re.findall(r"^\| ([a-z0-9-]+) (\d\S*) \| ([^|]+) \| ([^|]+) \|", SECTION, re.MULTILINE)
LOCKS = {"TFX 1.16": "tfx116", "TFX 1.21": "tfx121"}

_SPEC = importlib.util.spec_from_file_location("check_pins", ROOT / "scripts" / "check_pins.py")
check_pins = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(check_pins)


def locked(lock):
    return set(check_pins.pins((ROOT / "requirements" / f"{lock}.txt").read_text()))


@pytest.mark.parametrize(("name", "version", "stack", "known"), ROWS)
def test_each_version_of_the_table_is_locked_where_it_says(name, version, stack, known):
    named = [lock for words, lock in LOCKS.items() if words in stack]
    where = [lock for lock in LOCKS.values() if (name, version) in locked(lock)]
    assert where == (named or [*LOCKS.values()])
    assert re.fullmatch(
        r"(CVE-\d{4}-\d+|GHSA(-\w{4}){3})(, (CVE-\d{4}-\d+|GHSA(-\w{4}){3}))*", known
    )


def test_what_it_calls_newer_than_the_fixes_is_locked():
    both = locked("tfx116") | locked("tfx121")
    (text,) = re.findall(r"none was found; (.*?)are newer", SECTION, re.DOTALL)
    found = re.findall(r"\b([a-z]\w+)\s+(\d+(?:\.\d+)+)", text)
    assert len(found) == 6
    assert set(found) <= both


def nested(levels):
    """A list in a list in a list, as bytes of a google.protobuf.Value."""
    content = b""
    for _ in range(levels):
        for tag in (b"\x0a", b"\x32"):  # ListValue.values, Value.list_value
            size, length = len(content), bytearray()
            while size > 127:
                length.append(size & 127 | 128)
                size >>= 7
            content = tag + bytes([*length, size]) + content
    return content


def test_the_parser_of_protobuf_is_not_the_one_in_python_and_bounds_its_depth():
    assert api_implementation.Type() != "python"
    assert struct_pb2.Value.FromString(nested(20)).HasField("list_value")
    with pytest.raises(DecodeError):
        struct_pb2.Value.FromString(nested(5_000))


@pytest.mark.parametrize(
    "message",
    [
        *(pipeline_spec_pb2.PipelineSpec, pipeline_spec_pb2.PipelineDeploymentConfig),
        *(pipeline_spec_pb2.ExecutorOutput, config_pb2.EvalConfig),
    ],
)
def test_no_message_that_is_read_from_json_holds_an_any(message):
    seen, waiting = set(), [message.DESCRIPTOR]
    while waiting:
        descriptor = waiting.pop()
        if descriptor.full_name not in seen:
            seen.add(descriptor.full_name)
            waiting += [field.message_type for field in descriptor.fields if field.message_type]
    assert "google.protobuf.Any" not in seen


def test_these_are_all_the_modules_that_read_messages_from_json():
    found = set()
    for folder in ("components", "kubeflow", "pipeline", "skewgate"):
        for path in (ROOT / folder).rglob("*.py"):
            if "json_format.Parse" in path.read_text():
                found.add(str(path.resolve().relative_to(ROOT)))
    assert found == {
        "kubeflow/local/spec.py",  # PipelineSpec and PipelineDeploymentConfig
        "kubeflow/local/tasks.py",  # ExecutorOutput
        "skewgate/checks/performance/eval_configs.py",  # EvalConfig
    }
