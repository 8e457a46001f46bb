"""Responses of every layout become predictions."""

from __future__ import annotations

import pytest

from skewgate.serving.capture.log.config import Prediction
from skewgate.serving.capture.log.events import LostError
from skewgate.serving.capture.predictions import response_rows

OUTPUT = {"name": "prediction", "shape": [2, 1], "datatype": "FP32", "data": [0.25, 0.5]}


@pytest.mark.parametrize(
    "value",
    [
        {"predictions": [0.25, 0.5]},
        {"predictions": [[0.25], [0.5]]},
        {"predictions": [{"prediction": [0.25]}, {"prediction": [0.5]}]},
        {"outputs": [[0.25], [0.5]]},
        {"outputs": {"prediction": [[0.25], [0.5]]}},
        {"outputs": [OUTPUT], "model_name": "taxi"},
        {"data": {"names": [], "ndarray": [[0.25], [0.5]]}},
        {"data": {"tensor": {"shape": [2, 1], "values": [0.25, 0.5]}}},
        "0.25\n0.5\n",
        [0.25, 0.5],
    ],
)
def test_one_response_in_every_layout(value):
    assert response_rows(value, Prediction()) == [{"prediction": 0.25}, {"prediction": 0.5}]


def test_probabilities_are_a_list_or_have_names():
    value = {"predictions": [[0.25, 0.75]]}
    assert response_rows(value, Prediction(column="p")) == [{"p": [0.25, 0.75]}]
    named = response_rows(value, Prediction(names=["no", "yes"]))
    assert named == [{"no": 0.25, "yes": 0.75}]


def test_outputs_get_new_names():
    value = {"outputs": {"output_0": [1], "output_1": [2]}}
    assert response_rows(value, Prediction(rename={"output_0": "score"})) == [
        {"score": 1, "output_1": 2}
    ]
    with pytest.raises(LostError, match="two outputs have the same name"):
        response_rows(value, Prediction(rename={"output_0": "output_1"}))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"error": "out of memory"}, "an error of the server"),
        ({"predictions": []}, "no predictions"),
        ({"predictions": [[1, 2]]}, "2 values, not 1"),
    ],
)
def test_what_is_no_response_is_told(value, reason):
    with pytest.raises(LostError) as lost:
        response_rows(value, Prediction(names=["score"]))
    assert reason in lost.value.reason
