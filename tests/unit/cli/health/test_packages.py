"""Packages are judged by the metadata of those that are installed."""

import pytest

from skewgate.cli.health import packages
from skewgate.stacks import fitting

NEEDS = (
    "alpha>=2",
    "beta; python_version < '3'",
    "gamma[fast]<3; extra == 'tfx'",
    "alpha>=2; extra == 'tfx'",
    "delta; extra == 'kubeflow'",
    "gamma; extra == 'kubeflow'",
)


@pytest.fixture
def skewgate(installed):
    installed("skewgate", "9.9.9", *NEEDS, extras=("tfx", "kubeflow"))
    return installed


def test_what_is_needed_has_its_version(skewgate):
    skewgate("alpha", "2.5")
    assert packages.core() == [packages.Package("alpha", "2.5", ">=2")]


def test_an_extra_is_installed_in_part_or_not_at_all(skewgate):
    skewgate("gamma", "1.0")
    kubeflow, tfx = packages.extras()
    assert (tfx.name, tfx.state, tfx.missing) == ("tfx", packages.INSTALLED, [])
    assert (kubeflow.state, kubeflow.missing) == (packages.IN_PART, ["delta"])
    assert [each.name for each in tfx.packages] == ["gamma"]  # the rest is needed anyway


def test_what_every_environment_has_is_no_extra(installed):
    installed(
        "skewgate",
        "9.9.9",
        "omega; extra == 'tfx'",
        "setuptools<81; extra == 'tfx'",
        extras=("tfx",),
    )
    installed("setuptools", "65.5.0")
    [tfx] = packages.extras()
    assert (tfx.state, tfx.missing) == (packages.ABSENT, ["omega"])


def test_what_fits_is_not_broken(skewgate):
    skewgate("alpha", "2.5", "beta>=1; extra == 'test'")
    assert packages.broken([]) == []


def test_a_wrong_version_and_what_is_missing_are_told_with_what_to_type(skewgate):
    skewgate("alpha", "1.0")
    skewgate("gamma", "2.0", "epsilon>=4", "zeta; extra == 'fast'", "eta; extra == 'slow'")
    skewgate("epsilon", "3.0")
    assert [str(each) for each in packages.broken(["tfx"])] == [
        "epsilon: is 3.0, and gamma needs >=4. Fix: pip install 'epsilon>=4'.",
        "zeta: is not installed, and gamma needs it. Fix: pip install 'zeta'.",
        "alpha: is 1.0, and skewgate needs >=2. Fix: pip install 'alpha>=2'.",
    ]


def test_what_an_extra_brings_is_not_looked_at_without_it(skewgate):
    skewgate("alpha", "2.0")
    skewgate("gamma", "9.0")
    assert packages.broken([]) == []
    assert [each.where for each in packages.broken(["tfx"])] == ["gamma"]


def test_packages_that_need_each_other_are_looked_at_once(skewgate):
    skewgate("alpha", "2.0", "theta")
    skewgate("theta", "1.0", "alpha<2")
    assert [str(each)[:32] for each in packages.broken([])] == ["alpha: is 2.0, and theta needs <"]


def test_what_a_package_says_in_its_own_way_is_told_and_not_passed_over(skewgate):
    skewgate("alpha", "2.0", "beta >=< 3")
    [problem] = packages.broken([])
    assert str(problem).startswith("alpha: says what it needs in a way that cannot be read (")
    assert str(problem).endswith("Fix: pip install --force-reinstall alpha.")


def test_a_version_that_is_none_fits_no_bounds(skewgate):
    skewgate("alpha", "unknown")
    assert [str(each)[:40] for each in packages.broken([])] == [
        "alpha: is unknown, and skewgate needs >=2. Fix: pip install 'alpha>=2'."[:40]
    ]


def test_names_are_told_in_one_spelling(installed):
    installed("skewgate", "9.9.9", "Typing.Extensions>=4")
    installed("typing_extensions", "4.1")
    assert [each.name for each in packages.core()] == ["typing-extensions"]


def test_this_environment_is_not_broken():
    packages.version.cache_clear()
    there = [each.name for each in packages.extras() if each.state == packages.INSTALLED]
    assert packages.broken(there) == []
    assert packages.traps() == []


def test_the_line_to_type_names_the_extra():
    line = packages.install_line("tfx")
    assert line.startswith("pip install 'skewgate[tfx]'") or not fitting.selected()
    assert packages.install_line() == "pip install 'skewgate'"
