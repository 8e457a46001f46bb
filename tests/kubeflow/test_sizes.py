"""What a task can be given: as much as fits into one argument of a command."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from skewgate.core.errors import InputError
from skewgate.kubeflow.compile import sizes

FITS = sizes.LONGEST_ARGUMENT - sizes.RESERVED - 2  # two are quotes


@pytest.fixture
def spec(pipeline):
    pipeline.add_importer("schema", "gs://bucket/schema", "tfx.Schema")
    pipeline.add(
        "Contract",
        parameters={
            "text": {"componentInputParameter": "schema"},
            "mode": {"runtimeValue": {"constant": ""}},
        },
    )
    return pipeline.content["root"]["dag"]["tasks"]


def test_what_fits_is_taken(spec):
    sizes.check(spec.items(), {"schema": "x" * (FITS - 2)})
    sizes.check(spec.items(), {})


@pytest.mark.parametrize("text", ["x" * FITS, "\n" * (FITS // 2), "é" * (FITS // 2)])
def test_what_does_not_fit_is_named_with_its_length(spec, text):
    """A line break is two bytes in JSON, as an umlaut is in UTF-8."""
    with pytest.raises(InputError, match=r"Contract: parameter schema: is 10\d,\d\d\d bytes long"):
        sizes.check(spec.items(), {"schema": text})


def test_a_long_constant_is_named_too(spec):
    given = spec["Contract"]["inputs"]["parameters"]
    given["mode"]["runtimeValue"]["constant"] = "x" * FITS
    with pytest.raises(InputError, match="Contract: parameter mode"):
        sizes.check(spec.items(), {"schema": "short"})


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a single argument")
def test_the_limit_is_that_of_this_machine():
    def run(length):
        text = json.dumps("x" * (length - 3))  # two quotes, and the zero at the end
        subprocess.run([sys.executable, "-c", "", text], check=True)

    run(sizes.LONGEST_ARGUMENT)
    with pytest.raises(OSError, match="Argument list too long"):
        run(sizes.LONGEST_ARGUMENT + 1)
