"""One step of `benchmarks.capture`: writes a log, or reads it one way or the other."""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import time
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from skewgate.serving.capture import running
from skewgate.serving.capture.log.config import CaptureConfig

_COMPANIES = ("Taxi Affiliation Services", "Flash Cab", "Yellow Cab", "Blue Ribbon")
_KIND = "org.kubeflow.serving.inference."


def write(path: pathlib.Path, events: int) -> None:
    """Writes the events of KServe's logger: a request of one taxi trip, and its response."""
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(events // 2):
            millis = number * 86_400_000 // (events // 2)
            seconds, fraction = divmod(millis, 1000)
            clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
            about = {
                "specversion": "1.0",
                "id": f"{rng.getrandbits(128):032x}",
                "source": "http://localhost:9081/",
                "time": f"2026-03-01T{clock}.{fraction:03d}456789Z",
                "datacontenttype": "application/json",
                "inferenceservicename": "taxi",
                "namespace": "serving",
                "component": "predictor",
                "endpoint": "default",
            }
            trip = {
                "trip_miles": round(rng.random() * 20, 2),
                "fare": round(rng.random() * 50, 2),
                "trip_seconds": rng.randint(60, 5000),
                "trip_start_hour": rng.randint(0, 23),
                "pickup_latitude": round(41 + rng.random(), 6),
                "pickup_longitude": round(-87 - rng.random(), 6),
                "company": rng.choice(_COMPANIES),
                "payment_type": rng.choice(["Cash", "Credit Card"]),
            }
            for part, data in (
                ("request", {"instances": [trip]}),
                ("response", {"predictions": [[rng.random()]]}),
            ):
                file.write(json.dumps({**about, "type": _KIND + part, "data": data}) + "\n")


def loop(path: pathlib.Path, out: pathlib.Path) -> int:
    """Reads the log as one would without a library, and writes the same rows; checks nothing."""
    requests: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    responses: dict[str, list[list[float]]] = {}
    with path.open("rb") as file:
        for line in file:
            event = json.loads(line)
            if event["type"].endswith("request"):
                requests[event["id"]] = (event["time"], event["data"]["instances"])
            else:
                responses[event["id"]] = event["data"]["predictions"]
    rows = [
        {"request_id": key, "row": place, "time": time_, **row, "prediction": scores[0]}
        for key, (time_, instances) in requests.items()
        for place, (row, scores) in enumerate(zip(instances, responses[key], strict=True))
    ]
    pa.parquet.write_table(pa.Table.from_pylist(rows), out)
    return len(rows)


def main() -> None:
    """Runs a step and prints its rows and seconds, wall and CPU, without those of imports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["write", "loop", "capture"])
    parser.add_argument("log", type=pathlib.Path)
    parser.add_argument("--events", type=int, required=True)
    options = parser.parse_args()
    wall, cpu = time.perf_counter(), time.process_time()
    rows = 0
    if options.step == "write":
        options.log.parent.mkdir(parents=True, exist_ok=True)
        write(options.log, options.events)
    elif options.step == "loop":
        rows = loop(options.log, options.log.with_suffix(".parquet"))
    else:
        out = str(options.log.with_suffix(""))
        rows = running.run(str(options.log), CaptureConfig(format="kserve"), out, force=True)[
            "rows"
        ]
    seconds = [time.perf_counter() - wall, time.process_time() - cpu]
    print(json.dumps({"rows": rows, "wall": seconds[0], "cpu": seconds[1]}))


if __name__ == "__main__":
    main()
