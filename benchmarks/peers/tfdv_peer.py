"""TFDV's statistics and JSD: `python -m benchmarks.peers.tfdv_peer BASE CURRENT`.

Runs in the project's environment: TFDV cannot live beside the other peers (protobuf, pandas).
"""

from __future__ import annotations

import sys

from benchmarks.peers import frames

_THRESHOLD = 0.1


def main() -> None:
    """Compares two files in one process, without Beam."""
    baseline, current = frames.read_both(sys.argv)
    import tensorflow_data_validation as tfdv

    before, after = (
        tfdv.generate_statistics_from_dataframe(frame) for frame in (baseline, current)
    )
    schema = tfdv.infer_schema(before)
    for feature in schema.feature:
        feature.drift_comparator.jensen_shannon_divergence.threshold = _THRESHOLD
    anomalies = tfdv.validate_statistics(after, schema, previous_statistics=before)
    frames.say(columns=len(anomalies.drift_skew_info), distances={})


if __name__ == "__main__":
    main()
