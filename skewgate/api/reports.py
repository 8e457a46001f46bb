"""A report as Python has it: looked at, saved, asserted, shown in a notebook."""

from __future__ import annotations

import html
import os
import pathlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from skewgate.core.errors import InputError
from skewgate.core.results import MetricResult, Status
from skewgate.report import failures, markdown, rendering
from skewgate.report import report as report_lib
from skewgate.storage import atomic

if TYPE_CHECKING:
    import pandas

_COLUMNS = {
    "feature": pa.string(),
    "slice": pa.string(),
    "metric": pa.string(),
    "status": pa.string(),
    "value": pa.float64(),
    "lower": pa.float64(),
    "upper": pa.float64(),
    "null_value": pa.float64(),
    "threshold": pa.float64(),
    "p_value": pa.float64(),
    "p_adjusted": pa.float64(),
    "n_baseline": pa.int64(),
    "n_current": pa.int64(),
    "reason": pa.string(),
}
_HEIGHT = 640
"""Pixels of a page in a notebook."""


class Report:
    """What was found: the verdict, and the results that it rests on.

    In a notebook a report shows its page.
    """

    def __init__(self, report: report_lib.Report) -> None:
        self._report = report
        self._page: pathlib.Path | None = None

    @property
    def status(self) -> str:
        """The verdict: "pass", "fail" or "inconclusive"."""
        return self._report.decision.status.value

    @property
    def blessed(self) -> bool:
        """Whether the data may go on: never if a check failed that blocks.

        An inconclusive verdict is blessed only if the policy of the config allows it by name.
        """
        return self._report.decision.blessed

    @property
    def failures(self) -> tuple[MetricResult, ...]:
        """The results on account of which the report is not blessed."""
        return self._report.decision.failures

    @property
    def results(self) -> tuple[MetricResult, ...]:
        """The result of every check, those that passed included."""
        return self._report.decision.results

    @property
    def headline(self) -> str:
        """Says in a sentence or two what was found and what to look at first."""
        return self._report.headline()

    def to_dict(self) -> dict[str, Any]:
        """Returns what report.json holds, as plain values."""
        return self._report.to_json()

    def to_arrow(self) -> pa.Table:
        """Returns the results as an Arrow table, one row a check."""
        rows = [result.to_json() for result in self.results]
        return pa.table(
            {name: pa.array([row[name] for row in rows], kind) for name, kind in _COLUMNS.items()}
        )

    def to_frame(self) -> pandas.DataFrame:
        """Returns the results as a pandas data frame, one row a check.

        Raises:
            InputError: pandas is not installed.
        """
        try:
            return self.to_arrow().to_pandas()
        except ImportError as error:
            raise InputError(
                "to_frame", "needs pandas, which is not installed", "pip install pandas"
            ) from error

    def to_markdown(self) -> str:
        """Returns the report as a comment on a pull request shows it, as a job's summary does.

        What did not pass stands first and what passed is folded away. Names and reasons are text
        whatever they hold, and the whole fits into a comment on GitHub: what does not is counted.
        """
        return markdown.render(self._report)

    def save(self, folder: str | os.PathLike[str]) -> pathlib.Path:
        """Writes report.json, report.html and metrics.prom into a folder, all three or none.

        Args:
            folder: made if it is not there.

        Returns:
            The path of the page.

        Raises:
            InputError: the folder cannot be written.
        """
        self._page = write(self._report, os.fspath(folder), "give another folder")
        return self._page

    def assert_pass(self) -> None:
        """Raises AssertionError with what was found, unless the report is blessed."""
        if not self.blessed:
            where = f"\n  report: {self._page}" if self._page is not None else ""
            raise AssertionError(f"{self.headline}\n{failures.explain(self.failures)}{where}")

    def _repr_html_(self) -> str:
        """Shows the page within a notebook, apart from its styles and scripts.

        Who shows notebooks and no frames, as GitHub and Jupyter before a notebook is trusted, shows
        the text within it.
        """
        page = html.escape(rendering.render_html(self._report))
        told = html.escape(f"{self!r} {self.headline}", quote=False)
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="skewgate report" '
            f'style="width: 100%; height: {_HEIGHT}px; border: 1px solid #8888">{told}</iframe>'
        )

    def __repr__(self) -> str:
        counts = ", ".join(f"{self._report.decision.count(each)} {each}" for each in Status)
        return f"<skewgate.Report: {self.status}, {counts}>"


def read_report(path: str | os.PathLike[str]) -> Report:
    """Reads a report that was saved.

    Args:
        path: its folder, or report.json itself.

    Returns:
        The Report as it was when it was saved.

    Raises:
        InputError: there is none, or it is not a report.
    """
    place = pathlib.Path(path)
    return Report(report_lib.read(place.parent if place.name == report_lib.JSON_NAME else place))


def write(report: report_lib.Report, folder: str, fix: str) -> pathlib.Path:
    """Writes the files of a report as one set, and returns the path of its page.

    Args:
        report: what to write.
        folder: made if it is not there.
        fix: what to do if it cannot be written.

    Raises:
        InputError: it cannot be written.
    """
    try:
        atomic.write_set(folder, rendering.render(report))
    except OSError as error:
        raise InputError(folder, f"cannot be written: {error.strerror}", fix) from error
    return pathlib.Path(folder) / rendering.HTML_NAME
