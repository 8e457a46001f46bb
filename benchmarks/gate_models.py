"""Keras models of the taxi trips, several of equal quality, and what each says of later trips."""

from __future__ import annotations

import dataclasses
import pathlib
import types

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
from sklearn.metrics import roc_auc_score

from skewgate.pipeline.taxi import data, trainer
from tests.encoding import encode

EVALUATED_FROM = 1_420_070_400
"""2015-01-01: trips before it are trained on, trips of 2015 are evaluated."""


@dataclasses.dataclass(frozen=True)
class Scored:
    """Trips with their labels and what each model says of them.

    Attributes:
        trips: the columns that slices need.
        labels: 0 or 1, shape (n,).
        scores: probability of a tip, one row a model, shape (models, n).
    """

    trips: pa.Table
    labels: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def auc(self, model: int) -> float:
        """Returns the AUC of a model on all trips."""
        return float(roc_auc_score(self.labels, self.scores[model]))


def score(folder: pathlib.Path, models: int, steps: int) -> Scored:
    """Trains models that differ by their seed alone, and lets each score the trips of 2015."""
    import tensorflow as tf

    data.prepare(str(folder))
    table = pa.csv.read_csv(folder / "data" / "training.csv")
    late = pa.compute.greater_equal(table["trip_start_timestamp"], EVALUATED_FROM)
    training, evaluated = table.filter(pa.compute.invert(late)), table.filter(late)
    rows = folder / "training.tfrecord.gz"
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(rows), options) as writer:
        for record in encode(training, "training rows"):
            writer.write(record)
    examples = tf.constant(encode(evaluated, "evaluated rows"))
    scores = []
    for seed in range(models):
        exported = str(folder / f"model-{seed}")
        trainer.run_fn(
            types.SimpleNamespace(
                train_files=[str(rows)],
                train_steps=steps,
                custom_config={"seed": seed},
                serving_model_dir=exported,
            )
        )
        serve = tf.saved_model.load(exported).signatures["serving_default"]
        scores.append(serve(examples=examples)["outputs"].numpy().ravel())
    return Scored(
        trips=evaluated.select(["payment_type"]),
        labels=np.asarray(evaluated["big_tipper"].to_numpy(), np.int64),
        scores=np.stack(scores),
    )
