"""Feedback events carry labels."""

from __future__ import annotations

import pytest

from skewgate.serving.capture.feedback import label_rows
from skewgate.serving.capture.log.events import LostError


def test_the_truth_is_a_label_a_row():
    value = {"truth": {"data": {"ndarray": [[1], [0]]}}, "reward": 1}
    assert label_rows(value) == [{"label": 1, "reward": 1.0}, {"label": 0, "reward": 1.0}]
    assert label_rows({"reward": 0.5}) == [{"reward": 0.5}]


@pytest.mark.parametrize("value", [[], {}, {"reward": "good"}, {"response": {}}])
def test_feedback_that_says_nothing_is_refused(value):
    with pytest.raises(LostError):
        label_rows(value)
