"""What all commands have in common."""

from __future__ import annotations

import subprocess
import sys

SCHEMA = 'feature {{ name: "a" type: {} }}\n'


def test_a_reader_that_stops_early_causes_no_traceback(tmp_path):
    paths = [tmp_path / "old.pbtxt", tmp_path / "new.pbtxt"]
    for path, kind in zip(paths, ("INT", "FLOAT"), strict=True):
        path.write_text(SCHEMA.format(kind))
    command = [sys.executable, "-m", "skewgate", "schema", "diff", *map(str, paths)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 2
