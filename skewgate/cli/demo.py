"""`make demo`: runs both taxi pipelines and explains what they found."""

from __future__ import annotations

import os
import sys

from skewgate.cli import console, run
from skewgate.core import process_exit
from skewgate.core.errors import EXIT_FAIL, EXIT_PASS
from skewgate.core.results import Status
from skewgate.pipeline import settings
from skewgate.report import failures, rendering
from skewgate.report import report as report_lib

DRIFTED = frozenset({"payment_type", "trip_miles"})
"""What differs in the rows of 2016; the demo must find this and nothing else."""


def main() -> int:
    """Returns 0 if training passed and monitoring stopped on the drift of 2016 alone."""
    print("skewgate demo: Chicago taxi trips, trained on 2013-14, serving 2016\n")
    code = run.execute("training", str(settings.TAXI)).exit_code
    if code != EXIT_PASS:
        return code
    print()
    return explain(run.execute("monitoring", str(settings.TAXI)))


def explain(outcome: run.Outcome) -> int:
    """Prints what a monitoring run found, and returns the exit code of the demo."""
    code = outcome.exit_code
    found = {record.kind: record for _, record in outcome.reports}
    report = report_lib.read(found["DriftReport"].uri)
    results = report.decision.results
    drifted = {result.feature for result in results if result.status is Status.FAIL}
    quiet = {result.feature for result in results} - {
        result.feature for result in results if result.status is not Status.PASS
    }
    others = [kind for kind, record in found.items() if kind != "DriftReport" and record.failed]
    if code != EXIT_FAIL or drifted != DRIFTED or others:
        what = ", ".join(sorted(drifted) + others) or "nothing"
        expected = ", ".join(sorted(DRIFTED))
        print(f"demo: expected failures of {expected} alone, found {what}", file=sys.stderr)
        return code or EXIT_FAIL
    page = os.path.relpath(os.path.join(found["DriftReport"].uri, rendering.HTML_NAME))
    print("\nWhat was found")
    print("  Training: the data match the schema; the model passed its gate and was pushed.")
    print("  Monitoring: the gate is shut, because the trips of 2016 differ from 2013-14:")
    for line in failures.lines(report.decision.failures):
        console.say(f"    {line}")
    print(f"  Drifted: {', '.join(sorted(drifted))}.")
    print(f"  Not drifted: {', '.join(sorted(quiet))}.")
    print(f"  Where to look: {page}")
    print("The drift is real, so `fail` is the right verdict: the demo succeeded.")
    return EXIT_PASS


if __name__ == "__main__":
    process_exit.run_and_exit(main)
