"""What TFDV itself writes contradicts itself nowhere, however odd the rows are."""

import warnings

import numpy as np
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from tensorflow_data_validation.statistics import stats_impl

from skewgate.statistics.reading import parse_profile

ROWS = 500


def odd_rows():
    rng = np.random.default_rng(0)

    def numbers(count, nan=0.0):
        return [float("nan") if rng.random() < nan else float(x) for x in rng.normal(size=count)]

    floats = pa.large_list(pa.float32())
    columns = {
        "nested": pa.array(
            [
                [numbers(rng.integers(0, 4)) for _ in range(rng.integers(0, 3))]
                if rng.random() > 0.1
                else None
                for _ in range(ROWS)
            ],
            pa.large_list(floats),
        ),
        "weight": pa.array([[float(x)] for x in 3 * rng.random(ROWS)], floats),
        "nan": pa.array([numbers(rng.integers(0, 5), 0.2) for _ in range(ROWS)], floats),
        "text": pa.array(
            [[b"%d" % rng.integers(0, 2_000)] * int(rng.integers(0, 3)) for _ in range(ROWS)],
            pa.large_list(pa.large_binary()),
        ),
        "infinite": pa.array(
            [[np.inf], [-np.inf], [1e38], *([x] for x in 1e30 * rng.normal(size=ROWS - 3))], floats
        ),
        "large": pa.array(
            [[int(x)] for x in rng.integers(-(2**60), 2**60, ROWS)], pa.large_list(pa.int64())
        ),
        "struct": pa.array(
            [[{"a": [1, 2], "b": [{"c": [b"x"]}]}] if x > 0.3 else None for x in rng.random(ROWS)]
        ),
        "empty": pa.array([[]] * ROWS, floats),
        "null": pa.nulls(ROWS),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight_feature": "weight"},
        {"num_quantiles_histogram_buckets": 1_000},
        {"num_top_values": 2, "num_rank_histogram_buckets": 5},
    ],
    ids=str,
)
def test_statistics_of_odd_rows_are_read(options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, of what TFDV makes of infinite numbers
        found = stats_impl.generate_statistics_in_memory(odd_rows(), tfdv.StatsOptions(**options))
    profile = parse_profile(found.SerializeToString(), "stats.pb")
    assert profile.rows == {"": ROWS}
    assert len(profile.slices[""]) == 12
