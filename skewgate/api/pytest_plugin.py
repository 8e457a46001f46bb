"""The fixture `skewgate` of pytest: compares data in a test, and keeps the reports.

    def test_no_drift(skewgate):
        skewgate.compare("last_week.parquet", "this_week.parquet").assert_pass()

Every report is written into a folder of the test, below `skewgate-reports` or what the option
`--skewgate-reports` names; a failure tells the page.
"""

from __future__ import annotations

import hashlib
import itertools
import pathlib
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from skewgate.api.profiles import Profile
    from skewgate.api.reports import Report
    from skewgate.api.schemas import Schema

_FOLDER = "skewgate-reports"
_LONGEST = 100
"""Letters of a test's name in the name of its folder."""


class Comparisons:
    """What `import skewgate` offers, for one test, whose reports are kept.

    Attributes:
        reports: those that were made so far.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self.reports: list[Report] = []

    def compare(self, *arguments: Any, **options: Any) -> Report:
        """Compares two data sets and writes the report into the folder of the test.

        Args:
            *arguments: as `skewgate.compare` takes them.
            **options: as `skewgate.compare` takes them.

        Returns:
            The report; what `assert_pass` raises names its page.
        """
        from skewgate.api import comparing

        report = comparing.compare(*arguments, **options)
        if not self.reports:
            self._clear()
        self.reports.append(report)
        report.save(self._folder / str(len(self.reports)))
        return report

    def profile(self, *arguments: Any, **options: Any) -> Profile:
        """Returns what `skewgate.profile` does.

        Args:
            *arguments: as `skewgate.profile` takes them.
            **options: as `skewgate.profile` takes them.
        """
        from skewgate.api import profiling

        return profiling.profile(*arguments, **options)

    def merge(self, *arguments: Any, **options: Any) -> Profile:
        """Returns what `skewgate.merge` does.

        Args:
            *arguments: as `skewgate.merge` takes them.
            **options: as `skewgate.merge` takes them.
        """
        from skewgate.api import profiling

        return profiling.merge(*arguments, **options)

    def infer_schema(self, *arguments: Any, **options: Any) -> Schema:
        """Returns what `skewgate.infer_schema` does.

        Args:
            *arguments: as `skewgate.infer_schema` takes them.
            **options: as `skewgate.infer_schema` takes them.
        """
        from skewgate.api import inferring

        return inferring.infer_schema(*arguments, **options)

    def _clear(self) -> None:
        """Removes the reports of an earlier run of the test, which may have made more of them."""
        for number in itertools.count(1):
            earlier = self._folder / str(number)
            if not earlier.is_dir():
                return
            shutil.rmtree(earlier)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that says where reports go."""
    parser.getgroup("skewgate").addoption(
        "--skewgate-reports",
        metavar="DIR",
        default=_FOLDER,
        help=f"where tests with the fixture skewgate write their reports (default: {_FOLDER})",
    )


@pytest.fixture
def skewgate(request: pytest.FixtureRequest) -> Comparisons:
    """Compares data in a test, and writes the reports below `--skewgate-reports`."""
    root = pathlib.Path(request.config.rootpath, request.config.getoption("--skewgate-reports"))
    return Comparisons(root / _name(request.node.nodeid))


def _name(node: str) -> str:
    """Returns a folder's name for a test, which no other test has and any system takes.

    >>> _name("test_trips.py::test_no_drift")
    'test_trips.py-test_no_drift-bcc2d074'
    """
    file, _, test = node.partition("::")
    name = f"{file.rpartition('/')[2]}-{test}"
    plain = re.sub(r"[^\w.=-]+", "-", name, flags=re.ASCII).strip("-")
    digest = hashlib.sha256(node.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{plain[:_LONGEST]}-{digest[:8]}"
