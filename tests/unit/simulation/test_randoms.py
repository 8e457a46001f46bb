import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skewgate.simulation.kinds.randoms import normals, uniforms


@given(
    first=st.integers(0, 10_000),
    cuts=st.lists(st.integers(0, 50), min_size=1, max_size=5),
    seed=st.integers(0, 2**40),
)
def test_numbers_depend_on_the_row_only(first, cuts, seed):
    whole = uniforms(seed, "x", first, sum(cuts))
    parts, at = [], first
    for rows in cuts:
        parts.append(uniforms(seed, "x", at, rows))
        at += rows
    assert np.array_equal(np.concatenate(parts), whole)


def test_the_stream_is_the_same_in_every_version():
    found = uniforms(7, "shift fare", 2, 3).tolist()
    assert found == [0.7590628947188756, 0.22311103294673734, 0.011752528457040279]


def test_other_names_and_seeds_give_other_numbers():
    draws = [uniforms(seed, name, 0, 1000) for seed in (1, 2) for name in ("a", "b")]
    correlations = np.corrcoef(draws)[np.triu_indices(4, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(1000)


def test_numbers_are_uniform_and_normal():
    draws = uniforms(5, "x", 0, 20_000)
    assert 0 < draws.min() < draws.max() < 1
    assert stats.kstest(draws, "uniform").pvalue > 0.001
    assert stats.kstest(normals(draws), "norm").pvalue > 0.001
