"""Judges samples in the environment of one tool, for quality.py.

`python -m benchmarks.quality_worker TOOL TAXI_COLUMNS` reads a job a line from stdin and answers
each with a line on stdout, both JSON.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import warnings

from benchmarks import judges, samples


def main() -> None:
    """Answers every job."""
    tool, taxi_path = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print is no answer
    warnings.simplefilter("ignore")
    taxi = samples.load_taxi(pathlib.Path(taxi_path))
    judge = judges.JUDGES[tool]()
    for line in sys.stdin:
        job = json.loads(line)
        pair = samples.draw_pair(taxi, job["n"], job["run"], job["shift"], job["features"])
        try:
            answer = {"verdicts": judge(*pair)}
        except Exception as error:  # noqa: BLE001 - a crash of a peer is a result
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
