from skewgate.core.distributions import EmptyDistribution
from skewgate.core.profile import Profile, name_value_counts

NOTHING = EmptyDistribution(n_missing=3)


def profile(*features, counted=()):
    return Profile(
        {"": dict.fromkeys(features, NOTHING)}, {"": 3}, {"": dict.fromkeys(counted, NOTHING)}
    )


def test_what_counts_values_is_named_by_the_feature():
    found = name_value_counts(profile("tags", "fare", counted=["tags"]), profile("tags", "fare"))
    assert found == {"num_values(tags)": "tags"}


def test_a_feature_of_that_name_keeps_it():
    one = profile("x", "num_values(x)", counted=["x", "num_values(x)"])
    other = profile("x", "num_values(x)'", counted=["x"])
    assert name_value_counts(one, other) == {
        "num_values(num_values(x))": "num_values(x)",
        "num_values(x)''": "x",
    }


def test_no_two_counts_have_one_name():
    names = ["a", "a)", "num_values(a)", "num_values(a)'", "num_values(a))", "a)'", "a)''"]
    found = name_value_counts(profile(*names, counted=names))
    assert sorted(found.values()) == sorted(names)
    assert not found.keys() & set(names)


def test_counts_stand_among_the_features_of_their_slice():
    lengths = EmptyDistribution(n_missing=1)
    found = Profile(
        {"": {"x": NOTHING}, "s_1": {"x": NOTHING}}, {"": 3, "s_1": 1}, {"": {"x": lengths}}
    )
    assert found.with_value_counts({"num_values(x)": "x", "num_values(y)": "y"}) == {
        "": {"x": NOTHING, "num_values(x)": lengths},
        "s_1": {"x": NOTHING},
    }
