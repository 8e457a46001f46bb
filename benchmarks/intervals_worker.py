"""One evaluation with TFMA: `python -m benchmarks.intervals_worker METHOD ROWS`.

Prints the seconds of the run without imports, and the interval of the AUC of all rows, as JSON.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile
import time

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx_bsl.tfxio import tf_example_record

from skewgate.components.performance_gate import completion, configuration, jackknife, measured
from tests.encoding import encode

CONFIG = """
model_specs { prediction_key: "prediction" label_key: "label" }
slicing_specs {}
slicing_specs { feature_keys: "kind" }
metrics_specs {
  metrics { class_name: "ExampleCount" }
  metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.5 } } } }
  metrics { class_name: "BinaryAccuracy" }
}
"""
NONE, OURS, JACKKNIFE, BOOTSTRAP = "none", "skewgate", "JACKKNIFE", "POISSON_BOOTSTRAP"


def main() -> None:
    """Writes rows, evaluates them, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=[NONE, OURS, JACKKNIFE, BOOTSTRAP])
    parser.add_argument("rows", type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "rows.gz")
        _write(path, options.rows)
        started = time.perf_counter()
        _evaluate(str(path), options.method, f"{folder}/evaluation")
        seconds = time.perf_counter() - started
        found = measured.load(f"{folder}/evaluation")
        key = next(key for key in found.slices[()].values if key.name == "auc")
        print(json.dumps({"seconds": seconds, "error": found.slices[()].values[key].error}))


def _write(path: pathlib.Path, rows: int) -> None:
    random = np.random.default_rng(1)
    labels = (random.random(rows) < 0.3).astype(int)
    scores = 1 / (1 + np.exp(-(random.normal(size=rows) + 2 * labels - 1)))
    table = pa.table(
        {
            "label": labels,
            "prediction": scores.astype("float32"),
            "kind": random.choice(list("abcde"), rows),
        }
    )
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(path), options) as writer:
        for record in encode(table, str(path)):
            writer.write(record)


def _evaluate(path: str, method: str, output: str) -> None:
    wanted = configuration.parse_eval_config(text_format.MessageToString(_config(method)))
    completed = completion.complete(wanted, has_baseline=False)
    if method == NONE:
        completed.options.compute_confidence_intervals.value = False
    evaluators = None
    if method == OURS:
        evaluators = [jackknife.make_evaluator(completed, [], None)]
    source = tf_example_record.TFExampleRecord(
        path,
        telemetry_descriptors=["benchmark"],
        raw_record_column_name=tfma.ARROW_INPUT_COLUMN,
    )
    with beam.Pipeline(argv=["--runner=DirectRunner", "--direct_num_workers=1"]) as pipeline:
        _ = (
            pipeline
            | source.BeamSource()
            | tfma.ExtractEvaluateAndWriteResults(
                eval_config=completed, evaluators=evaluators, output_path=output
            )
        )


def _config(method: str) -> config_pb2.EvalConfig:
    config = text_format.Parse(CONFIG, config_pb2.EvalConfig())
    if method in (JACKKNIFE, BOOTSTRAP):
        config.options.confidence_intervals.method = (
            config_pb2.ConfidenceIntervalOptions.ConfidenceIntervalMethod.Value(method)
        )
    return config


if __name__ == "__main__":
    main()
