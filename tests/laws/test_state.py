"""Law: a run is compared with the rows before its own, whatever ran when and whatever lies about.

Runs come in any order: on time, late, repeated. Beside them lie copies of records under other
names, records of other pipelines, records stamped in the future, and records that a full disk
emptied. None of these is ever found; where nothing else answers, one of them is named.
"""

from __future__ import annotations

import pathlib
import shutil
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.errors import InputError
from tests.components.states import MONITORING, Runs, window
from tests.laws.cases import law

DAYS = st.integers(1, 6)
EVENTS = st.tuples(
    st.sampled_from(["run", "run", "run", "renamed", "foreign", "future", "emptied"]), DAYS
)


class World:
    """A state in which things happen, and what must be found in it."""

    def __init__(self, folder: str, by: str) -> None:
        self.runs, self.other = (Runs(pathlib.Path(folder, name)) for name in ("own", "other"))
        self.folder = pathlib.Path(self.runs.root, MONITORING)
        self.by = by
        self.contents: dict[int, str] = {}
        self.refused: list[str] = []

    def when(self, day: int) -> dict[str, object]:
        return {"window": window(day)} if self.by == "window" else {"span": day}

    def happen(self, event: str, day: int, count: int) -> None:
        content = f"event {count}: {event} of day {day}, split "
        if event == "run":
            self.runs.monitored(content, **self.when(day))
            self.contents[day] = content
            return
        statistics = {"statistics": self.other.statistics(content, **self.when(day))}
        pipeline = "bus-monitoring" if event == "foreign" else MONITORING
        made = pathlib.Path(self.other.record(statistics, pipeline))
        names = {"renamed": f"backup-{made.name}", "future": f"2099{made.name[4:]}"}
        target = self.folder / names.get(event, made.name)
        shutil.copytree(made, target)
        if event == "emptied":
            (target / "record.json").write_bytes(b"")
        self.refused.append(target.name)

    def check(self, day: int) -> None:
        before = [each for each in self.contents if each < day]
        if before:
            assert self.runs.previous(**self.when(day)) == self.contents[max(before)]
        elif self.refused:
            with pytest.raises(InputError) as raised:
                self.runs.previous(**self.when(day))
            assert any(name in raised.value.where for name in self.refused)
        else:
            assert self.runs.previous(**self.when(day)) is None


@law(cases=8)
@given(by=st.sampled_from(["window", "span"]), events=st.lists(EVENTS, max_size=6))
def test_what_came_before_is_told_by_the_time_of_the_rows(by, events):
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder, by)
        for count, (event, day) in enumerate(events):
            world.happen(event, day, count)
            world.check(day)
            world.check(7 - day)
