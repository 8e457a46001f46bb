"""The campaign of faults: hostile files and environments, full disks, kills and concurrent runs.

`python -m tests.faults` runs it and prints one table (`make test-faults`). It is no part of
`make test`; what its instruments find in programs with planted faults is (`test_instruments.py`).

A job (`jobs.py`) is one case: it fills a folder of its own, runs commands in it, and looks at what
they said and left. A server (`server.py`) has loaded the libraries and forks a process for each
job, and that one forks each command (`calls.py`), so that a command takes tens of milliseconds.
What is asked of every command stands in `judging.py`; the kinds of jobs are `inputs`,
`environments`, `full_disk`, `kills` and `concurrency`.
"""
