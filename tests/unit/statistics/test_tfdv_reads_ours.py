"""TFDV loads, validates and compares the statistics that skewgate writes.

It imports TensorFlow Data Validation, which takes long.
"""

import numpy as np
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from scipy.spatial import distance
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from skewgate.core import sealing
from skewgate.profiling.accumulators.options import ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.statistics.writing import to_statistics
from skewgate.storage.atomic import write_atomically


def columns(rows, seed, cash):
    rng = np.random.default_rng(seed)
    return {
        "fare": pa.array(rng.lognormal(2.0, 0.5, rows).tolist(), mask=rng.random(rows) < 0.05),
        "hour": rng.integers(0, 24, rows).tolist(),
        "shared": (rng.random(rows) < 0.3).tolist(),
        "paid": np.where(rng.random(rows) < cash, "Cash", "Card").tolist(),
        "tags": [["a"] * int(k) for k in rng.integers(0, 4, rows)],
        "huge": [np.inf, -np.inf, np.nan, *rng.normal(size=rows - 3).tolist()],
        "gone": pa.nulls(rows),
    }


def profile(columns):
    accumulator = ProfileAccumulator(ProfileOptions(slice_by=[["paid"]]))
    arrays = [c if isinstance(c, pa.Array) else pa.array(c) for c in columns.values()]
    accumulator.add(pa.RecordBatch.from_arrays(arrays, list(columns)))
    return accumulator.profile()


BASELINE, CURRENT = columns(900, 1, 0.3), columns(700, 2, 0.45)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Statistics of both sides as TFDV loads them from files."""
    folder = tmp_path_factory.mktemp("statistics")
    loaded = []
    for name, side in (("baseline", BASELINE), ("current", CURRENT)):
        path = folder / f"{name}.pb"
        content = to_statistics(profile(side), 1_000).SerializeToString()
        write_atomically(path, sealing.seal(content))
        loaded.append(tfdv.load_stats_binary(str(path)))
    return loaded


def overall(statistics):
    return statistics_pb2.DatasetFeatureStatisticsList(datasets=statistics.datasets[:1])


@pytest.fixture(scope="module")
def schema(written):
    return tfdv.infer_schema(overall(written[0]), infer_feature_shape=False)


def test_tfdv_loads_every_slice(written):
    assert [(d.name, d.num_examples) for d in written[0].datasets] == [
        ("All Examples", 900),
        ("paid_Card", 900 - BASELINE["paid"].count("Cash")),
        ("paid_Cash", BASELINE["paid"].count("Cash")),
    ]


def test_tfdv_infers_the_types(schema):
    types = schema_pb2.FeatureType
    assert {feature.name: feature.type for feature in schema.feature if feature.name != "gone"} == {
        "fare": types.Value("FLOAT"),
        "hour": types.Value("INT"),
        "shared": types.Value("INT"),
        "paid": types.Value("BYTES"),
        "tags": types.Value("BYTES"),
        "huge": types.Value("FLOAT"),
    }
    assert sorted(tfdv.get_domain(schema, "paid").value) == ["Card", "Cash"]


def test_tfdv_finds_nothing_wrong_with_the_same_data(written, schema):
    anomalies = tfdv.validate_statistics(overall(written[0]), schema)
    assert dict(anomalies.anomaly_info) == {}


def test_tfdv_finds_what_is_wrong(written, schema):
    narrow = schema_pb2.Schema()
    narrow.CopyFrom(schema)
    hour = tfdv.get_feature(narrow, "hour")
    hour.int_domain.max = 5
    del tfdv.get_domain(narrow, "paid").value[0]
    anomalies = tfdv.validate_statistics(overall(written[1]), narrow)
    assert {"hour", "paid"} <= set(anomalies.anomaly_info)


def measured(written, schema, name, measure):
    compared = schema_pb2.Schema()
    compared.CopyFrom(schema)
    comparator = tfdv.get_feature(compared, name).drift_comparator
    getattr(comparator, measure).threshold = 1e-9
    anomalies = tfdv.validate_statistics(
        overall(written[1]), compared, previous_statistics=overall(written[0])
    )
    [info] = [info for info in anomalies.drift_skew_info if info.path.step[0] == name]
    return info.drift_measurements[0].value


def shares(column):
    return np.array([column.count(name) / len(column) for name in ("Card", "Cash")])


def test_tfdv_measures_the_divergence_of_categories(written, schema):
    exact = distance.jensenshannon(shares(BASELINE["paid"]), shares(CURRENT["paid"]), base=2) ** 2
    found = measured(written, schema, "paid", "jensen_shannon_divergence")
    assert found == pytest.approx(exact, abs=1e-9)
    assert measured(written, schema, "paid", "infinity_norm") == pytest.approx(
        np.max(np.abs(shares(BASELINE["paid"]) - shares(CURRENT["paid"]))), abs=1e-9
    )


@pytest.mark.parametrize("name", ["fare", "hour"])
def test_tfdv_measures_the_divergence_of_numbers_as_of_its_own_statistics(written, schema, name):
    own = []
    for side in (BASELINE, CURRENT):
        cells = side[name].to_pylist() if isinstance(side[name], pa.Array) else side[name]
        lists = pa.array([None if cell is None else [cell] for cell in cells])
        batch = pa.RecordBatch.from_arrays([lists], [name])
        own.append(_tfdv_statistics(batch))
    ours = measured(written, schema, name, "jensen_shannon_divergence")
    theirs = measured(own, schema, name, "jensen_shannon_divergence")
    assert ours == pytest.approx(theirs, abs=0.01)


def _tfdv_statistics(batch):
    from tensorflow_data_validation.statistics import stats_impl

    options = tfdv.StatsOptions(num_quantiles_histogram_buckets=500)
    return stats_impl.generate_statistics_in_memory(batch, options)
