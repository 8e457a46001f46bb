"""Output goes anywhere: into any encoding, onto a full disk, to readers that have gone."""

import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap

import pytest

from skewgate.core import streams

FULL = pathlib.Path("/dev/full")
TEXT = "Zürich \u2026 東京 \U0001f600 \u2716\u25cb\u25cf\u2500\u2502 \udce9"


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", r"Z\xfcrich ... \u6771\u4eac \U0001f600 x?o-| \udce9"),
        ("latin-1", r"Zürich ... \u6771\u4eac \U0001f600 x?o-| \udce9"),
        ("cp437", r"Zürich ... \u6771\u4eac \U0001f600 x?o─│ \udce9"),
        ("utf-8", "Zürich \u2026 東京 \U0001f600 \u2716\u25cb\u25cf\u2500\u2502 \\udce9"),
        (None, "Zürich \u2026 東京 \U0001f600 \u2716\u25cb\u25cf\u2500\u2502 \\udce9"),
    ],
)
def test_what_an_encoding_does_not_have_is_written_out(encoding, expected):
    assert streams.shown(TEXT, encoding) == expected


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", None])
def test_json_means_the_same_in_any_encoding(encoding):
    text = json.dumps({"name": TEXT, "é": 1}, ensure_ascii=False)
    written = streams.json_shown(text, encoding).encode(encoding or "utf-8")
    assert json.loads(written) == {"name": TEXT, "é": 1}


def run(code, redirections="", **variables):
    """Runs a program by the shell; returns the end of its process, whose streams are texts."""
    program = f"import os, sys\nfrom skewgate.core import process_exit\n{textwrap.dedent(code)}"
    words = ["sh", "-c", f'exec "$0" -c "$1" {redirections}', sys.executable, program]
    return subprocess.run(
        words, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )


SAYS = """
def main():
    print("said")
    print("told", file=sys.stderr)
    return 3
process_exit.run_and_exit(main)
"""


@pytest.mark.parametrize(
    ("redirections", "out", "err"),
    [
        ("", "said\n", "told\n"),
        (">&-", "", "told\n"),
        ("2>&-", "said\n", ""),
        (">&- 2>&- <&-", "", ""),
    ],
)
def test_a_stream_that_is_closed_changes_no_exit_code(redirections, out, err):
    ended = run(SAYS, redirections)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, out, err)


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_output_that_is_lost_is_no_verdict():
    ended = run(SAYS.replace("return 3", "return 0"), ">/dev/full")
    assert ended.returncode == 2
    assert ended.stderr == (
        "told\nskewgate: standard output: could not be written to its end: No space left on "
        "device. Fix: make room, or send it elsewhere.\n"
    )


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_what_is_lost_of_standard_error_changes_no_exit_code():
    ended = run(SAYS, "2>/dev/full")
    assert (ended.returncode, ended.stdout) == (3, "said\n")


def test_a_reader_that_has_seen_enough_stops_no_program():
    code = """
    def main():
        for _ in range(100_000):
            print("a line of the output")
        return 3
    process_exit.run_and_exit(main)
    """
    ended = run(code, "| head -n 1; exit 0")
    assert (ended.stdout, ended.stderr) == ("a line of the output\n", "")
    ended = run(code.replace("return 3", "os.write(2, b'whole'); return 3"), "| head -n 1")
    assert ended.stderr == "whole"


def test_a_closed_stream_lends_its_number_to_no_file(tmp_path):
    path = tmp_path / "file"
    code = f"""
    def main():
        with open({str(path)!r}, "w") as file:
            print("said")
            os.write(1, b"written")
            file.write("kept")
        return 0
    process_exit.run_and_exit(main)
    """
    assert run(code, ">&-").returncode == 0
    assert path.read_text() == "kept"


def test_a_fault_of_this_package_is_no_verdict():
    ended = run("""
    def main():
        print("said")
        raise ValueError("a fault")
    process_exit.run_and_exit(main)
    """)
    assert ended.returncode == 2
    assert ended.stdout == "said\n"
    assert "Traceback" not in ended.stderr
    assert re.fullmatch(
        r"skewgate: stopped by an unexpected error, ValueError: a fault\. The "
        r"traceback is in .+\.log\. Fix: please report it, with that file\.\n",
        ended.stderr,
    )


def test_what_is_active_is_shown_on_every_stream():
    ended = run(r"""
    def main():
        for stream in (sys.stdout, sys.stderr):
            print("fare\x1b[31m\r\u202e\x9b\n\tsecond", file=stream)
        return 0
    process_exit.run_and_exit(main)
    """)
    shown = "fare\\u001b[31m\\u000d\\u202e\\u009b\n\tsecond\n"
    assert (ended.stdout, ended.stderr) == (shown, shown)


def test_a_terminal_has_our_own_colours_and_nothing_else():
    try:
        ours, theirs = os.openpty()
    except OSError as error:
        pytest.skip(f"this machine has no terminals: {error.strerror}")
    with streams.user_stream(theirs) as stream:
        stream.write("\r\x1b[31mfails\x1b[0m\x1b[K \x1b]0;title\x07\x1b[2J\u202e")
    shown = b"\r\x1b[31mfails\x1b[0m\x1b[K \\u001b]0;title\\u0007\\u001b[2J\\u202e"
    assert os.read(ours, 1000) == shown
    os.close(ours)


def test_a_log_holds_nothing_that_is_active(tmp_path):
    path = tmp_path / "log"
    with streams.log_stream(os.open(path, os.O_WRONLY | os.O_CREAT)) as log:
        log.write("fare\x1b[31m\u202e\n")
    assert path.read_text() == "fare\\u001b[31m\\u202e\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_both_streams_write_out_what_they_do_not_have(encoding):
    code = """
    def main():
        for stream in (sys.stdout, sys.stderr):
            print("\\u6771 \\u2716", file=stream)
        return 0
    process_exit.run_and_exit(main)
    """
    ended = run(code, PYTHONIOENCODING=encoding)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "\\u6771 x\n", "\\u6771 x\n")
