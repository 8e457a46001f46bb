"""Finds the SavedModel of a model artifact, and says what keeps TFMA from running it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

from google.protobuf import message
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_model_analysis.proto import config_pb2
from tfx.dsl.io import fileio
from tfx.utils import path_utils

from skewgate.components.support import artifact_io
from skewgate.core.errors import InputError
from skewgate.core.wording import listed

_FILE = "saved_model.pb"
_DEFAULT = ("predict", "serving_default")
"""The signatures that TFMA looks for, in this order, where the EvalConfig names none."""
_NOT_CALLED = "Fail to call signature func"
"""How TFMA begins what it says of inputs that a signature does not take."""
USUAL_OUTPUTS = ("scores", "outputs", "predictions", "logistic", "probabilities", "logits")
"""Outputs that TFMA looks for, in this order, where there are several and none is named."""


def find(uri: str, spec: config_pb2.ModelSpec, asked: Mapping[str, Sequence[str]]) -> str:
    """Returns the folder of the SavedModel.

    Args:
        uri: of a Model artifact, as Trainer writes it.
        spec: names the signature and, as prediction_key, an output of it.
        asked: output to the metrics that are asked of it; "" is the one that is evaluated where
            no output is named.

    Raises:
        InputError: there is no SavedModel, or it lacks the signature or an output.
    """
    path = path_utils.serving_model_path(uri)
    if spec.model_type and not spec.model_type.startswith("tf_generic"):
        return str(path)  # of a kind that TFMA reads in its own way
    file = os.path.join(path, _FILE)
    if not fileio.exists(file):
        files = ", ".join(sorted(fileio.listdir(path))) if fileio.isdir(path) else "nothing"
        raise InputError(
            path,
            f"does not hold a SavedModel (no {_FILE}; found {files})",
            "write the model there by model.export(folder) or tf.saved_model.save(model, folder)",
        )
    try:
        model = saved_model_pb2.SavedModel.FromString(artifact_io.read_bytes(file))
    except message.DecodeError as error:
        raise InputError(file, f"is not a SavedModel ({error})", "write it again") from error
    names = {name for graph in model.meta_graphs for name in graph.signature_def}
    accepted = (spec.signature_name,) if spec.signature_name else _DEFAULT
    if not names.intersection(accepted):
        raise InputError(
            path,
            f"has no signature {' or '.join(accepted)}; it has {_listed(names) or 'none'}",
            "name one of them as signature_name in the EvalConfig, or save the model with it",
        )
    for graph in model.meta_graphs:
        for name in accepted:
            if name in graph.signature_def:
                _check_outputs(path, sorted(graph.signature_def[name].outputs), spec, asked)
                return str(path)
    return str(path)


def _check_outputs(
    path: str, outputs: list[str], spec: config_pb2.ModelSpec, asked: Mapping[str, Sequence[str]]
) -> None:
    """Makes sure that the metrics are asked of outputs that the signature has.

    Raises:
        InputError: it lacks an output, or nobody says which of several is meant.
    """
    has = f"and the model at {path} has the output{'s' * (len(outputs) > 1)} {', '.join(outputs)}"
    for output, metrics in sorted(asked.items()):
        what = f"asks for {listed(metrics)}"
        if output:
            if len(outputs) == 1:
                _refuse(f"{what} of the output {output!r}, {has} alone", "remove output_names")
            if not any(f"{each}/".startswith(f"{output}/") for each in outputs):
                _refuse(f"{what} of the output {output!r}, {has}", "name one of them")
        elif spec.prediction_key:
            if spec.prediction_key not in outputs:
                _refuse(
                    f"{what} of prediction_key {spec.prediction_key!r}, {has}",
                    "name one of them, or leave the model out if the rows hold the predictions",
                )
        elif len(outputs) > 1 and not {*outputs}.intersection(USUAL_OUTPUTS):
            _refuse(f"{what} of no output, {has}", "name one as prediction_key or as output_names")


def _refuse(problem: str, fix: str) -> NoReturn:
    raise InputError("eval_config.pbtxt", problem, fix)


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(name for name in names if not name.startswith("__")))


@contextlib.contextmanager
def naming_wrong_inputs() -> Iterator[None]:
    """Turns TFMA's failure to feed a signature into an InputError.

    TFMA feeds serialized examples if it does not find every input among the features.
    """
    try:
        yield
    except Exception as error:
        text = str(error)
        if _NOT_CALLED not in text:
            raise
        _, _, specs = text.partition("input_specs are:")
        inputs = " ".join(specs.split("[while running")[0].split()).rstrip(".")
        raise InputError(
            "the model's signature",
            f"could not be fed; its inputs are {inputs}",
            "take serialized tf.Examples, or name each input as a feature and give the schema",
        ) from error
