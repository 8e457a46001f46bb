"""Feedback events, which carry labels."""

from __future__ import annotations

from typing import Any

from skewgate.serving.capture.log.config import Prediction
from skewgate.serving.capture.predictions import response_rows
from skewgate.serving.capture.values import Row, misunderstood

LABEL, REWARD = "label", "reward"


def label_rows(value: Any) -> list[Row]:
    """Returns the labels of a feedback of Seldon: the truth of each row, and the reward.

    Args:
        value: parsed JSON.

    Raises:
        LostError: it has neither.
    """
    if not isinstance(value, dict):
        raise misunderstood("the feedback is not an object")
    truth, reward = value.get("truth"), value.get("reward")
    is_number = isinstance(reward, int | float) and not isinstance(reward, bool)
    given: Row = {REWARD: float(reward)} if is_number and reward is not None else {}
    if truth is None:
        if not given:
            raise misunderstood("the feedback has neither truth nor reward")
        return [given]
    return [{**row, **given} for row in response_rows(truth, Prediction(column=LABEL))]
