"""Real signals and real full disks: what is published is there whole, or not at all."""

from __future__ import annotations

import pathlib
import random
import shutil
import signal
import subprocess
import sys

import pytest

from skewgate.storage import atomic
from tests.long import killed
from tests.long.killed import SIZES, written

KILLS = 25


@pytest.fixture
def killer(tmp_path):
    """Starts the process that kills what it starts, and returns what tells it when."""
    started = []

    def start(work):
        command = [sys.executable, killed.__file__, work.__name__, str(tmp_path)]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)

        def kill_after(seconds):
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
            assert int(process.stdout.readline()) == -signal.SIGKILL

        return kill_after

    yield start
    for process in started:
        process.communicate()


def found(folder):
    """Returns the writer of each visible file of a set; each must be whole."""
    writers = {}
    for name, size in SIZES.items():
        if (folder / name).exists():
            content = (folder / name).read_bytes()
            assert content == content[:9] * (size // 9)
            writers[name] = int(content[:8])
    return writers


def test_a_set_of_files_survives_a_kill_at_any_moment(tmp_path, killer):
    rng = random.Random(3)
    numbers = set()
    kill_after = killer(killed.same_folder)
    for _ in range(KILLS):
        kill_after(rng.uniform(0.01, 0.2))
        writers = found(tmp_path / "same")
        assert len(set(writers.values())) <= 1
        assert "report.json" not in writers or len(writers) == 3
        numbers |= set(writers.values())
    assert len(numbers) > 3  # the kills came at different times
    kill_after = killer(killed.new_folders)
    for _ in range(KILLS):
        kill_after(rng.uniform(0.01, 0.2))
        for folder in tmp_path.glob("new-*"):
            assert len(found(folder)) == 3
            shutil.rmtree(folder)


def test_a_pushed_model_is_whole_whenever_the_push_is_killed(tmp_path, killer):
    model, serving = tmp_path / "model", tmp_path / "serving"
    (model / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", *(f"variables/part-{n}" for n in range(30))):
        (model / name).write_bytes(name.encode() * 20_000)
    expected = sorted(str(path.relative_to(model)) for path in model.rglob("*"))
    rng = random.Random(4)

    kill_after = killer(killed.push)
    for _ in range(KILLS):
        kill_after(rng.uniform(0.02, 0.3))
        versions = [path for path in serving.glob("*") if path.name.isdigit()]
        for version in versions:
            assert sorted(str(p.relative_to(version)) for p in version.rglob("*")) == expected
            assert all(
                (version / name).stat().st_size == (model / name).stat().st_size
                for name in expected
            )
    assert len(versions) > 5
    killed.serving_folder.publish(str(model), str(serving))
    assert all(path.name.isdigit() for path in serving.iterdir())  # what the killed left is gone


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a disk of a few pages; its size is chosen by the test."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(kilobytes):
        options = f"size={kilobytes}k"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip("only root can mount a small disk")
        return place

    yield mount
    subprocess.run(["umount", str(place)], check=False)


def test_a_full_disk_leaves_the_old_set(small_disk):
    total = sum(SIZES.values()) // 1024
    disk = small_disk(2 * total + 40)
    atomic.write_set(disk / "out", written(1))
    atomic.write_set(disk, written(2))  # a disk cannot be renamed
    for folder in (disk / "out", disk, disk / "new"):
        before = found(folder)
        with pytest.raises(OSError, match="No space left"):
            atomic.write_set(folder, written(3))
        assert found(folder) == before
        assert [path for path in disk.rglob("*") if path.name.startswith(".")] == []


HOLDER = """
import sys
from skewgate.pipeline import turns
with turns.turn(sys.argv[1], "taxi-training", sys.argv[2]):
    print(sys.argv[2], flush=True)
    sys.stdin.read()
"""


def test_the_turn_of_a_killed_run_is_free_at_once(tmp_path):
    for count in range(10):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(tmp_path), f"run-{count}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == f"run-{count}\n"
        process.kill()
        process.communicate()
    assert [path.name for path in pathlib.Path(tmp_path, "locks").iterdir()] == [
        "taxi-training.lock"
    ]
