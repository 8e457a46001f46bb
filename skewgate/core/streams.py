"""Standard output and error that take any text, wherever they lead, and make all of it visible.

A terminal may know ASCII or Latin-1 alone, a disk may be full, a reader may have seen enough, and a
stream may be closed. None of these ends a command in its middle, or lends it an exit code that
stands for a verdict: what cannot be written of standard output is told once, at the end.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import sys
from typing import Any, TextIO

from skewgate.core.hidden import visible_json, visible_lines

_HANDLER = "skewgate.written-out"
"""Names how texts are written that an encoding does not have."""
_SIGNS = str.maketrans(
    {
        "\u2026": "...",
        "\u2500": "-",
        "\u2502": "|",
        "\u2588": "#",
        "\u00b7": ".",
        "\u25cf": "o",
        "\u25cb": "?",
        "\u2716": "x",
        "\u2705": "o",
        "\u2754": "?",
        "\u274c": "x",
        "\u2192": "->",
        "\u2212": "-",
    }
)
"""Signs that this package prints, and what stands for them where they cannot be shown."""


def _written_out(error: UnicodeError) -> tuple[str, int]:
    """Writes our own signs as ASCII has them, and any other character as its number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_SIGNS)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error(_HANDLER, _written_out)


def shown(text: str, encoding: str | None) -> str:
    r"""Returns a text as a stream of an encoding shows it.

    Args:
        text: any text, lone surrogates included, as names of files have them.
        encoding: of the stream; None for one of texts, which shows everything.

    >>> shown("Zürich … \u25cf", "latin-1"), shown("Zürich …", "ascii")
    ('Zürich ... o', 'Z\\xfcrich ...')
    """
    encoding = encoding or "utf-8"
    return text.encode(encoding, _HANDLER).decode(encoding)


def json_shown(text: str, encoding: str | None = "utf-8") -> str:
    r"""Returns JSON that means the same, can be written, and shows every character.

    Args:
        text: JSON.
        encoding: of what it is written to. Readers of JSON expect UTF-8: for any other encoding the
            text is ASCII.

    >>> print(json_shown('{"name": "größe \ud83d"}'))
    {"name": "größe \ud83d"}
    >>> print(json_shown('{"name": "größe"}', "latin-1"))
    {"name": "gr\u00f6\u00dfe"}
    """
    return visible_json(text, ascii_only=not _is_utf8(encoding))


def _is_utf8(encoding: str | None) -> bool:
    return codecs.lookup(encoding or "utf-8").name == "utf-8"


class _Sink(io.FileIO):
    """A descriptor to which writing never fails: after an error nothing more is written.

    Args:
        descriptor: to write to.
        losses: where to note an error.
        closefd: whether closing the sink closes the descriptor.
    """

    def __init__(self, descriptor: int, losses: list[OSError], *, closefd: bool) -> None:
        super().__init__(descriptor, "w", closefd=closefd)
        self._losses, self._broken = losses, False

    def write(self, data: Any) -> int:
        """Writes some bytes, and returns how many."""
        while not self._broken:
            try:
                written = super().write(data)
            except OSError as error:
                self._broken = True
                self._losses.append(error)
            else:
                if written is not None:
                    return written
                select.select([], [self], [])  # another process made the terminal non-blocking
        return len(data)


class _VisibleText(io.TextIOWrapper):
    """A stream of texts in which nothing is active but, on a terminal, our own colours."""

    def write(self, text: str) -> int:
        """Writes a text, and returns its length."""
        super().write(visible_lines(text, styled=self.isatty()))
        return len(text)


_lost: list[OSError] = []
"""What standard output did not take."""


def lost() -> OSError | None:
    """Flushes standard output; returns why it did not take all that was written, if so."""
    sys.stdout.flush()
    return _lost[0] if _lost else None


def user_stream(descriptor: int) -> TextIO:
    """Returns another stream to where standard output leads, to be closed by the caller.

    Args:
        descriptor: a duplicate of that of standard output.
    """
    return _stream(descriptor, sys.stdout, _lost, closefd=True)


def log_stream(descriptor: int) -> TextIO:
    """Returns a stream of UTF-8 to a log, which a full disk cuts off; the caller closes it."""
    return _stream(descriptor, None, [], closefd=True)


def protect() -> None:
    """Puts streams to which writing never fails in the place of standard output and error.

    A stream that is closed is one to nowhere: the next file to be opened would get its number.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
    sys.stdout = _stream(1, sys.stdout, _lost, closefd=False)
    sys.stderr = _stream(2, sys.stderr, [], closefd=False, line_buffering=True)


def _stream(
    descriptor: int,
    like: TextIO | None,
    losses: list[OSError],
    *,
    closefd: bool,
    line_buffering: bool = False,
) -> TextIO:
    return _VisibleText(
        io.BufferedWriter(_Sink(descriptor, losses, closefd=closefd)),
        encoding=getattr(like, "encoding", None) or "utf-8",
        errors=_HANDLER,
        newline="\n",
        line_buffering=line_buffering or bool(getattr(like, "line_buffering", False)),
        write_through=bool(getattr(like, "write_through", False)),
    )
