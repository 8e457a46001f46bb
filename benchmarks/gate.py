"""How often PerformanceGate blesses and blocks: `.venv/bin/python -m benchmarks.gate`.

Twelve Keras models of the taxi trips differ by their seed alone. A run draws two of them, a sample
of the trips of 2015, and asks the gate (the real executor with TFMA on Beam) whether the one is
good enough and not worse than the other. Four questions: models of equal quality (A/A); one whose
answers for a quarter of the trips are those of other trips (clearly worse); one worse by little
more than the threshold allows; one whose answers for one payment type are turned round. Beside it
stands what TFMA's own validation says of the same numbers: the point value against the same
thresholds. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_model_analysis as tfma
from sklearn.metrics import roc_auc_score
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils, standard_artifacts

from benchmarks import gate_models, markdown
from skewgate.components import artifact_types
from skewgate.components.performance_gate import executor
from skewgate.pipeline.settings import LOCAL_BEAM
from tests.encoding import encode

EVAL_CONFIG = """
model_specs { name: "candidate" prediction_key: "ours" label_key: "big_tipper" }
model_specs { name: "baseline" prediction_key: "theirs" label_key: "big_tipper" is_baseline: true }
slicing_specs {}
slicing_specs { feature_keys: "payment_type" }
metrics_specs {
  metrics {
    class_name: "AUC"
    per_slice_thresholds {
      slicing_specs {}
      threshold {
        value_threshold { lower_bound { value: 0.85 } }
        change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.02 } }
      }
    }
  }
  metrics {
    class_name: "BinaryAccuracy"
    per_slice_thresholds {
      slicing_specs {}
      threshold { value_threshold { lower_bound { value: 0.75 } } }
    }
    per_slice_thresholds {
      slicing_specs { feature_keys: "payment_type" }
      threshold { value_threshold { lower_bound { value: 0.6 } } }
    }
  }
}
"""
CONFIG = "{min_slice_rows: 10, policy: {on_small_slice: allow}}"
EQUAL, WORSE = "equal (A/A)", "a quarter of its answers mixed up"
BEYOND, TURNED = "AUC lower by 0.025, 0.02 allowed", "answers for No Charge turned round"
QUESTIONS = {"equal": EQUAL, "worse": WORSE, "beyond": BEYOND, "turned": TURNED}


def main() -> None:
    """Trains, asks, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="of each question and size")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 4000])
    parser.add_argument("--questions", nargs="+", choices=[*QUESTIONS], default=[*QUESTIONS])
    parser.add_argument("--models", type=int, default=12)
    parser.add_argument("--seed", type=int, default=20_161)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gate-"))
    try:
        scored = gate_models.score(folder / "models", options.models, steps=600)
        aucs = [scored.auc(model) for model in range(options.models)]
        print(f"AUC of the {options.models} models: {min(aucs):.4f} to {max(aucs):.4f}\n")
        mixed = {EQUAL: 0.0, WORSE: 0.25, BEYOND: _share_for(scored, 0.025), TURNED: 0.0}
        lines = []
        for size in options.sizes:
            for name in options.questions:
                question = QUESTIONS[name]
                asked = _ask(question, mixed[question], size, scored, options, folder / "run")
                answers = list(asked)
                lines.append(_line(question, size, answers))
                print(lines[-1], flush=True)
    finally:
        shutil.rmtree(folder)
    head = ["candidate", "trips", "blessed", "fail", "inconclusive", "blessed by point values"]
    print(markdown.table(head, lines))


def _line(question: str, size: int, answers: list[dict[str, Any]]) -> list[str]:
    runs = len(answers)
    return [
        question,
        f"{size:,}",
        *(
            markdown.share(sum(answer[name] for answer in answers), runs)
            for name in ("blessed", "fail", "inconclusive", "by_points")
        ),
    ]


def _mix(scores: Any, share: float, random: np.random.Generator) -> Any:
    """Returns scores of which a share is those of other trips."""
    mixed = scores.copy()
    moved = random.permutation(len(scores))[: round(share * len(scores))]
    mixed[moved] = mixed[random.permutation(moved)]
    return mixed


def _share_for(scored: gate_models.Scored, drop: float) -> float:
    """Returns the share of mixed answers that lowers the AUC by so much, on all trips."""
    random = np.random.default_rng(7)
    low, high = 0.0, 0.5
    while high - low > 1e-3:
        share = (low + high) / 2
        found = [
            scored.auc(0) - roc_auc_score(scored.labels, _mix(scored.scores[0], share, random))
            for _ in range(40)
        ]
        low, high = (share, high) if np.mean(found) < drop else (low, share)
    return low


def _ask(
    question: str,
    mixed: float,
    size: int,
    scored: gate_models.Scored,
    options: Any,
    folder: pathlib.Path,
) -> Iterator[dict[str, Any]]:
    """Yields what the gate says of each run."""
    for run in range(options.runs):
        random = np.random.default_rng([options.seed, size, run])
        ours, theirs = random.choice(options.models, 2, replace=False)
        rows = random.choice(len(scored.labels), size, replace=False)
        candidate = _mix(scored.scores[ours][rows], mixed, random)
        trips = scored.trips.take(pa.array(rows))
        if question == TURNED:
            turned = np.asarray(trips["payment_type"]) == "No Charge"
            candidate[turned] = 1 - candidate[turned]
        columns = {
            "big_tipper": scored.labels[rows],
            "ours": candidate,
            "theirs": scored.scores[theirs][rows],
        }
        for name, values in columns.items():
            trips = trips.append_column(name, pa.array(values))
        yield _judge(trips, folder)
        shutil.rmtree(folder)


def _judge(trips: pa.Table, folder: pathlib.Path) -> dict[str, Any]:
    """Runs the executor on the trips, and returns what it decided."""
    examples = standard_artifacts.Examples()
    examples.uri, examples.split_names = str(folder / "examples"), '["eval"]'
    split = pathlib.Path(artifact_utils.get_split_uri([examples], "eval"))
    split.mkdir(parents=True)
    options = tf.io.TFRecordOptions(compression_type="GZIP")
    with tf.io.TFRecordWriter(str(split / "data.gz"), options) as writer:
        for record in encode(trips, "trips"):
            writer.write(record)
    outputs = {
        "evaluation": standard_artifacts.ModelEvaluation(),
        "blessing": standard_artifacts.ModelBlessing(),
        "performance_report": artifact_types.PerformanceReport(),
    }
    for name, artifact in outputs.items():
        artifact.uri = str(folder / name)
        pathlib.Path(artifact.uri).mkdir()
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=[*LOCAL_BEAM],
        tmp_dir=str(folder / "tmp"),
        unique_id="1",
    )
    executor.Executor(context).Do(
        {"examples": [examples]},
        {name: [artifact] for name, artifact in outputs.items()},
        {"eval_config": EVAL_CONFIG, "example_splits": '["eval"]', "config": CONFIG},
    )
    report = json.loads((folder / "performance_report" / "report.json").read_text())
    points = tfma.load_validation_result(outputs["evaluation"].uri)
    return {
        "blessed": report["blessed"],
        "fail": report["status"] == "fail",
        "inconclusive": not report["blessed"] and report["status"] == "inconclusive",
        "by_points": points.validation_ok,
    }


if __name__ == "__main__":
    main()
