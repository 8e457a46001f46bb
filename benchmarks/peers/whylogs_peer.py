"""whylogs' profiles and drift scores: `python -m benchmarks.peers.whylogs_peer BASE CURRENT`."""

from __future__ import annotations

import sys

from benchmarks.peers import frames


def main() -> None:
    """Compares two files: KS for numbers, chi-square for categories, as whylogs chooses."""
    baseline, current = frames.read_both(sys.argv)
    import whylogs
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    scores = calculate_drift_scores(
        target_view=whylogs.log(current).view(),
        reference_view=whylogs.log(baseline).view(),
        with_thresholds=True,
    )
    found = {name: score for name, score in scores.items() if score is not None}
    distances = {
        name: float(score["statistic"])
        for name, score in found.items()
        if score["algorithm"] == "ks"
    }
    frames.say(columns=len(found), distances=distances)


if __name__ == "__main__":
    main()
