"""Where Beam would run one worker in this process, none is needed."""

from __future__ import annotations

import pytest

from skewgate.components.support import beam_workers


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], True),
        (["--runner=DirectRunner"], True),
        (["--runner=direct", "--direct_num_workers=1"], True),
        (["--direct_num_workers=2", "--direct_running_mode=multi_threading"], False),
        (["--direct_num_workers=0"], False),
        (["--runner=PortableRunner", "--direct_num_workers=1"], False),
        (["--runner=FlinkRunner"], False),
        (["--runner=DataflowRunner", "--project=p"], False),
    ],
    ids=str,
)
def test_one_worker_of_this_machine_needs_no_beam(arguments, expected):
    assert beam_workers.is_local(arguments) == expected
