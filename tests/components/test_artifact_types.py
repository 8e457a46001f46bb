from __future__ import annotations

import re

import pytest

import skewgate

KUBEFLOW = r"^[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}$"


@pytest.mark.parametrize(
    "name", ["Decision", "DriftReport", "LabelReport", "PerformanceReport", "SkewReport"]
)
def test_types_are_importable_by_the_name_that_kubeflow_uses(name):
    kind = getattr(skewgate, name)
    assert f"skewgate.{name}" == kind.TYPE_NAME
    assert re.match(KUBEFLOW, kind.TYPE_NAME)
    assert f"{kind.__module__}.{kind.__qualname__}" == kind.TYPE_NAME
    assert not kind.PROPERTIES


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = skewgate.Nothing
