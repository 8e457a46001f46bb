"""What no file can hold is a count or a sentence, and never an error of its own."""

from __future__ import annotations

import pytest

from skewgate.core.errors import InputError
from skewgate.serving.capture.decoding import Decoder, Place
from skewgate.serving.capture.log.config import CaptureConfig, Limit
from skewgate.serving.capture.log.events import REQUEST, RESPONSE, Event
from skewgate.serving.capture.tally import Tally


@pytest.fixture
def tally():
    return Tally(Limit(None, 1.0))


@pytest.fixture
def decoder(tally):
    return Decoder(CaptureConfig(format="jsonl", max_rejected="100%"), tally)


@pytest.mark.parametrize("name", ["id", "version", "model"])
def test_half_of_a_letter_in_an_attribute_is_a_loss(decoder, tally, name):
    attributes = {"id": "a", name: "\ud800"}
    decoder.take(Event(REQUEST, time=0, payload=[{"fare": 1}], **attributes), Place("log", 0, 3))
    assert tally.lost["unreadable"] == 1
    assert "holds half of a character" in tally.samples[0].reason
    assert decoder.chunks() == []


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([{"\ud800": 1}], r"log: has a column '\\ud800', whose name holds half of a character"),
        (
            [{"a": True}, {"a": 1}],
            "log: the column a of a request holds booleans and numbers. Fix: set its type",
        ),
    ],
)
def test_columns_that_cannot_be_are_told_with_their_file(decoder, rows, told):
    decoder.take(Event(REQUEST, "a", 0, rows), Place("log", 0, 1))
    with pytest.raises(InputError, match=told):
        decoder.chunks()


def test_what_features_say_is_not_the_fix_of_a_prediction(decoder):
    for number, score in enumerate((0.5, "x")):
        value = {"predictions": [score]}
        decoder.take(Event(RESPONSE, str(number), 0, value), Place("log", 0, 1))
    with pytest.raises(
        InputError, match=r"column prediction of a response holds numbers and text\. Fix: correct"
    ):
        decoder.chunks()
