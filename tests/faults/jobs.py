"""A job: one case of the campaign, with a folder of its own."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import random
import re
import shutil
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.faults import calls, judging
from tests.faults.calls import Call, Ended


@dataclasses.dataclass(frozen=True)
class Job:
    """One case.

    Attributes:
        kind: such as "inputs".
        command: that is tried, such as "schema infer".
        name: of the case among those of the command.
        work: runs it.
        heavy: needs TensorFlow and TFX.
        weight: seconds that it takes about, so that long jobs start first.
    """

    kind: str
    command: str
    name: str
    work: Callable[[Place], None]
    heavy: bool = False
    weight: float = 0.1

    @property
    def id(self) -> str:
        """Its name among all jobs."""
        return re.sub(r"[^\w./:-]+", "-", f"{self.kind}/{self.command}/{self.name}")


class ImpossibleError(Exception):
    """A job cannot be done on this machine; the message says why."""


class Place:
    """The folder of a job, and what its commands said.

    Attributes:
        folder: where the commands run.
        corpus: good files of every format, which no job may change.
        rng: the chance of this job.
        ended: the commands that ran.
        faults: what was wrong.
        seed: of the campaign.
    """

    def __init__(
        self,
        job: Job,
        root: pathlib.Path,
        corpus: pathlib.Path,
        seed: int,
    ) -> None:
        """Makes the folder below `root`."""
        self.job, self.corpus, self.seed = job, corpus, seed
        self._root = root / hashlib.sha1(job.id.encode()).hexdigest()[:12]
        self.folder, self.home, self.temporary = (
            self._root / name for name in ("work", "home", "tmp")
        )
        for folder in (self.folder, self.home, self.temporary):
            folder.mkdir(parents=True)
            if os.geteuid() == 0:
                os.chown(folder, calls.NOBODY, calls.NOBODY)
        self.rng = random.Random(f"{seed}:{job.id}")
        self.ended: list[Ended] = []
        self.faults: list[str] = []
        self.notes: list[str] = []
        self._log = 0

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a command."""
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return kept | {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "LANG": "C.UTF-8",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "-1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }

    def write(self, name: str, content: bytes | str) -> pathlib.Path:
        """Writes a file of the job."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(self, *names: str) -> None:
        """Copies files and folders of the corpus into the folder."""
        for name in names:
            source = self.corpus / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, symlinks=True, dirs_exist_ok=True)
            else:
                shutil.copy(source, self.folder / name)

    def start(self, *words: str, **how: Any) -> calls.Running:
        """Starts a command; the caller waits for it."""
        self._log += 1
        variables: Mapping[str, str] = how.pop("variables", self.variables)
        if self.job.heavy:
            how = {"addresses": False, "cpu": 150, "wall": 300.0} | how
        call = Call(tuple(words), how.pop("folder", self.folder), variables, **how)
        return calls.Running(call, self._root / f"log-{self._log}")

    def run(self, *words: str, **how: Any) -> Ended:
        """Runs a command to its end, and notes it."""
        return self.note(self.start(*words, **how).wait())

    def kill_within(self, seconds: float, *words: str) -> Ended:
        """Runs a command, kills it at any moment of some seconds, and notes how it ended."""
        running = self.start(*words)
        running.ended(self.rng.uniform(0.0, seconds))
        running.kill()
        return self.note(running.wait())

    def note(self, ended: Ended) -> Ended:
        """Keeps how a command ended for the table."""
        self.ended.append(ended)
        return ended

    def fault(self, text: str) -> None:
        """Notes something that is wrong."""
        if text not in self.faults:
            self.faults.append(text)

    def tell(self, text: str) -> None:
        """Notes what the user must know of how the job was done."""
        self.notes.append(text)

    def judge(self, ended: Ended, codes: Iterable[int] = (0, 1, 2, 3), **how: Any) -> None:
        """Notes what is wrong with any command: see `judging`."""
        for text in judging.of_command(ended, codes, **how):
            self.fault(text)

    def look(self, expected: Iterable[str], *, after_kill: bool = False) -> None:
        """Notes files and folders that no command should have left: `judging` says what may be."""
        for text in judging.leftovers(
            self.folder, [self.temporary, self.home], expected, after_kill=after_kill
        ):
            self.fault(text)

    def remove(self) -> None:
        """Removes the folder."""
        for folder, _, _ in os.walk(self._root):
            os.chmod(folder, 0o700)
        shutil.rmtree(self._root)


def run(job: Job, root: pathlib.Path, corpus: pathlib.Path, seed: int) -> dict[str, Any]:
    """Runs a job and returns its line for the table; its folder stays if it has a fault."""
    place = Place(job, root, corpus, seed)
    try:
        job.work(place)
    except ImpossibleError as error:
        place.tell(str(error))
    except Exception:  # noqa: BLE001 (a fault of the instrument must be seen, too)
        place.fault(f"the job itself broke: {traceback.format_exc(limit=-3)}")
    if not place.faults:
        place.remove()
    return {
        **_head(job),
        "calls": [
            {
                "words": list(each.call.words),
                "code": each.code,
                "seconds": round(each.seconds, 3),
                "memory": each.memory,
                "unexpected": judging.unexpected(each),
            }
            for each in place.ended
        ],
        "faults": place.faults,
        "notes": place.notes,
        "folder": str(place.folder) if place.faults else None,
        "said": [each.err[-600:] for each in place.ended if place.faults],
    }


def unanswered(job: Job) -> dict[str, Any]:
    """Returns the line of a job whose process is gone or hangs."""
    fault = "the job itself broke: it gave no answer"
    return {**_head(job), "calls": [], "faults": [fault], "notes": [], "folder": None, "said": []}


def _head(job: Job) -> dict[str, str]:
    return {"id": job.id, "kind": job.kind, "command": job.command}
