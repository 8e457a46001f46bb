"""What a request is answered that is not taken: a status and one sentence."""

from __future__ import annotations


class RefusedError(Exception):
    """A request is not taken.

    Args:
        status: of the response.
        sentence: says what was wrong, for the JSON of the response.
        retry_after: seconds after which the same request may be taken; None if never.
        unread: whether the rest of its body is not read, so that the connection must be closed.
    """

    def __init__(
        self, status: int, sentence: str, *, retry_after: int | None = None, unread: bool = False
    ) -> None:
        self.status, self.sentence = status, sentence
        self.retry_after, self.unread = retry_after, unread
        super().__init__(sentence)


def malformed(sentence: str) -> RefusedError:
    """Returns the refusal of an event that is none."""
    return RefusedError(400, sentence)


def unsupported(sentence: str) -> RefusedError:
    """Returns the refusal of a content type or encoding."""
    return RefusedError(415, sentence)
