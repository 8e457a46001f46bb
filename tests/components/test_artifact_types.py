from __future__ import annotations

import pickle
import re

import pytest

import skewgate
from skewgate.components import artifact_types
from skewgate.report.kinds import KINDS

TYPES = [*(kind.artifact_type for kind in KINDS.values()), "StateRecord"]
KUBEFLOW = r"^[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}$"


@pytest.mark.parametrize("name", TYPES)
def test_types_are_importable_by_the_name_that_kubeflow_uses(name):
    kind = getattr(skewgate, name)
    assert f"skewgate.{name}" == kind.TYPE_NAME
    assert re.match(KUBEFLOW, kind.TYPE_NAME)
    assert f"{kind.__module__}.{kind.__qualname__}" == kind.TYPE_NAME
    assert not kind.PROPERTIES


@pytest.mark.parametrize("name", TYPES)
def test_types_and_their_artifacts_survive_pickling(name):
    kind = getattr(skewgate, name)
    assert pickle.loads(pickle.dumps(kind)) is kind
    artifact = kind()
    artifact.set_int_custom_property("blessed", 1)
    found = pickle.loads(pickle.dumps(artifact))
    assert type(found) is kind
    assert found.get_int_custom_property("blessed") == 1


def test_a_kind_of_report_has_its_type_under_both_names():
    assert artifact_types.REPORT_TYPES["labels"] is artifact_types.LabelReport
    assert artifact_types.LabelReport is skewgate.LabelReport
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = artifact_types.Nothing


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = skewgate.Nothing
