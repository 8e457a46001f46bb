"""Values as rows hold them."""

from __future__ import annotations

import pytest

from skewgate.serving.capture.log.events import LostError
from skewgate.serving.capture.values import chosen, typed


def test_features_are_chosen_and_have_their_types():
    row = {"fare": "1.5", "zip": 7, "open": 1, "other": "x"}
    found = chosen(row, {"fare": "float", "zip": "text", "open": "bool", "miles": "int"})
    assert found == {"fare": 1.5, "zip": "7", "open": True, "miles": None}
    with pytest.raises(LostError, match="none of the features, such as miles"):
        chosen(row, {"miles": "any"})
    with pytest.raises(LostError, match="other holds a value that is not float"):
        chosen(row, {"other": "float"})


@pytest.mark.parametrize("value", [1e19, -1e19, "1e19", 2**63 * 1.0])
def test_a_declared_whole_number_has_64_bits(value):
    with pytest.raises(LostError, match="not int"):
        typed(value, "int", "fare")
    assert typed(-(2.0**63), "int", "fare") == -(2**63)
