"""Versions, bounds and markers are read as `packaging` reads them."""

import importlib.metadata
import itertools
import random

import pytest

from skewgate.cli.health import requirements

VERSIONS = (
    *("1", "1.0", "1.0.0", "1.0rc1", "1.0.dev3", "1.0.post2", "1.0a1.dev2", "1.0+cpu", "1.0b2"),
    *("0.9", "1.1", "1.10", "2!1.0", "1.0.post2.dev1", "1.0-1", "1.0c3", "2.0.0", "v1.2", "1.16.1"),
)
BOUNDS = (
    *(
        "",
        "==1.0",
        "==1.*",
        "!=1.0.*",
        ">=1.0",
        "<=1.0",
        "<1.0",
        ">1.0",
        "~=1.0",
        "~=1.0.0",
        "!=1.1",
    ),
    *("<2,>=1", ">=1.16.0,<1.22,!=1.17.*", "==1.0+cpu", "!=1.0+cpu", ">1.0.post1", "<1.0rc2"),
    *(">=1.0.dev1", "===1.0"),
)


def test_versions_are_ordered_as_packaging_orders_them():
    version = pytest.importorskip("packaging.version").Version
    plain = [each for each in VERSIONS if "+" not in each]
    for one, other in itertools.product(plain, plain):
        ours = requirements.key(one) < requirements.key(other)
        assert ours == (version(one) < version(other)), (one, other)


@pytest.mark.parametrize("bounds", BOUNDS)
def test_bounds_hold_what_packaging_says(bounds):
    specifiers = pytest.importorskip("packaging.specifiers").SpecifierSet(bounds)
    for version in VERSIONS:
        expected = specifiers.contains(version, prereleases=True)
        assert requirements.fits(version, bounds) == expected, version


def test_whatever_is_installed_here_is_read_as_packaging_reads_it():
    requirement = pytest.importorskip("packaging.requirements").Requirement
    texts = [
        (text, extra)
        for found in importlib.metadata.distributions()
        for text in found.requires or ()
        for extra in ("", *(found.metadata.get_all("Provides-Extra") or ())[:3])
    ]
    here = requirements.environment()
    for text, extra in random.Random(7).sample(texts, min(len(texts), 2_000)):
        theirs, ours = requirement(text), requirements.parse(text)
        assert ours.name == requirements.normal(theirs.name)
        assert set(ours.extras) == {requirements.normal(each) for each in theirs.extras}
        expected = theirs.marker is None or theirs.marker.evaluate({"extra": extra})
        assert requirements.applies(ours.marker, (extra,), here) == expected, text


@pytest.mark.parametrize(
    ("marker", "applies"),
    [
        ("", True),
        ("python_version < '3'", False),
        ("extra == 'tfx'", False),
        ("(extra == 'tfx' or os_name != '') and python_version >= \"3.10\"", True),
        ("sys_platform in 'linux darwin' and platform_system not in 'Java'", True),
    ],
)
def test_a_marker_says_where_a_requirement_is_needed(marker, applies):
    here = {**requirements.environment(), "sys_platform": "linux", "platform_system": "Linux"}
    assert requirements.applies(marker, (), here) == applies


@pytest.mark.parametrize(
    "marker",
    [
        "python_version",
        "(os_name == ''",
        "os_name == '' os_name",
        "who == 'me'",
        "os_name ~~ ''",
        "%",
    ],
)
def test_a_marker_that_cannot_be_read_is_refused(marker):
    with pytest.raises(ValueError, match="marker"):
        requirements.applies(marker)


@pytest.mark.parametrize("version", ["", "one", "1..2"])
def test_what_is_no_version_is_refused(version):
    with pytest.raises(ValueError, match="is not a version"):
        requirements.fits(version, ">=1")


def test_what_is_no_bound_or_requirement_is_refused():
    with pytest.raises(ValueError, match="is not a bound"):
        requirements.fits("1.0", "1.0")
    with pytest.raises(ValueError, match="is not a requirement"):
        requirements.parse("-e .")


def test_a_requirement_by_address_has_no_bounds():
    found = requirements.parse("pkg[x] @ https://example.org/a.whl ; os_name == 'nt'")
    assert (found.name, found.extras, found.bounds) == ("pkg", ("x",), "")
