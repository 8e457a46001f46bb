"""Compares rows once and prints counts as JSON: `python -m benchmarks.row_worker TOOL FOLDER`."""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile
from typing import Any

import apache_beam as beam

from benchmarks import row_data

Counts = dict[str, Any]


def skewgate(folder: pathlib.Path) -> Counts:
    """Counts by the function that SchemaSkewValidator calls."""
    from tfx.types import artifact_utils, standard_artifacts

    from skewgate.checks.skew.config import RowRules
    from skewgate.components.schema_skew_validator import row_level
    from skewgate.decision.policy import Significance

    sides = []
    for side in row_data.SIDES:
        artifact = standard_artifacts.Examples()
        artifact.uri = str(folder / side)
        artifact.split_names = artifact_utils.encode_split_names(["all"])
        sides += [artifact, "all"]
    rules = RowRules(keys=[row_data.KEY], relative=0.0)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        results, details = row_level.compare(
            *sides, rules, Significance(), _pipeline, f"{temporary}/rows"
        )
    counts = {result.feature: [0, 0, 0] for result in results if result.feature}
    counts |= {name: list(found["kinds"].values()) for name, found in details["features"].items()}
    return {"matched": details["matched"], "features": counts}


def tfdv(folder: pathlib.Path) -> Counts:
    """Counts by TFDV's detector, without rounding or samples."""
    import tensorflow as tf
    from tensorflow_data_validation.skew import feature_skew_detector as detector

    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        skew, match = f"{temporary}/skew", f"{temporary}/match"
        with _pipeline() as pipeline:
            sides = [
                pipeline
                | f"Read[{side}]" >> beam.io.ReadFromTFRecord(str(row_data.shard(folder, side)))
                | f"Parse[{side}]" >> beam.Map(tf.train.Example.FromString)
                for side in row_data.SIDES
            ]
            found = tuple(sides) | detector.DetectFeatureSkewImpl(
                [row_data.KEY], sample_size=0, float_round_ndigits=None
            )
            _ = found[detector.SKEW_RESULTS_KEY] | "Skew" >> detector.skew_results_sink(skew)
            _ = found[detector.MATCH_STATS_KEY] | "Match" >> detector.match_stats_sink(match)
        (stats,) = detector.match_stats_iterator(match)
        return {
            "matched": stats.matching_pairs_count,
            "features": {
                each.feature_name: [each.test_only, each.base_only, each.mismatch_count]
                for each in detector.skew_results_iterator(skew)
            },
        }


TOOLS = {"skewgate": skewgate, "tfdv": tfdv}


def _pipeline() -> beam.Pipeline:
    return beam.Pipeline(argv=["--runner=DirectRunner", "--direct_num_workers=1"])


def main() -> None:
    """Runs one tool and prints what it counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    print(json.dumps(TOOLS[options.tool](options.folder), sort_keys=True))


if __name__ == "__main__":
    main()
