"""Inputs that join several channels, as of reports of one kind: TFX compiles one an input."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from skewgate.kubeflow.image import executor_io


@contextlib.contextmanager
def split(nodes: Iterable[Any]) -> Iterator[None]:
    """Gives each channel of a union an input of its own, as long as the context lasts.

    In a task the entry point joins them again, see `executor_io.joined`.

    Args:
        nodes: of a tfx Pipeline.
    """
    from tfx.dsl.components.base import base_component
    from tfx.types.channel import UnionChannel

    whole: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for node in nodes:
        if not isinstance(node, base_component.BaseComponent):
            continue
        parts = {
            executor_io.part(key, place): each
            for key, channel in node.inputs.items()
            for place, each in enumerate(
                channel.channels if isinstance(channel, UnionChannel) else [channel]
            )
        }
        whole.append((node.spec.inputs, dict(node.inputs)))
        node.spec.inputs.clear()
        node.spec.inputs.update(parts)
    try:
        yield
    finally:
        for inputs, before in whole:
            inputs.clear()
            inputs.update(before)
