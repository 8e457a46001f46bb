"""The CloudEvents of model servers: their types, and the attribute that the collector adds."""

from __future__ import annotations

from collections.abc import Mapping

from skewgate.serving.capture.log.events import FEEDBACK, REQUEST, RESPONSE, Part

PARTS: Mapping[str, Part] = {
    "org.kubeflow.serving.inference.request": REQUEST,
    "org.kubeflow.serving.inference.response": RESPONSE,
    "io.seldon.serving.inference.request": REQUEST,
    "io.seldon.serving.inference.response": RESPONSE,
    "io.seldon.serving.feedback": FEEDBACK,
}
"""What an event of each type is: the types of KServe and Seldon."""
COLLECTED = "collectedtime"
"""The attribute that says when the collector took an event; no sender may set it."""
