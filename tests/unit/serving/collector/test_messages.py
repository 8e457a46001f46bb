"""Who reads the messages may be gone."""

from __future__ import annotations

import os
import sys

from skewgate.serving.collector.messages import warn


def test_a_message_is_a_line_on_standard_error(capsys):
    warn("events are refused")
    assert capsys.readouterr().err == "skewgate: events are refused\n"


def test_a_reader_that_is_gone_ends_nothing(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", closefd=False) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        warn("events are refused")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), writer)  # for what the stream still has
    os.close(writer)
