"""What a file holds is counted."""

import hashlib

from skewgate.serving.collector.tally import MOST_TYPES, OTHER, Tally


def test_events_are_counted_by_type(build):
    tally = Tally()
    some = [build.event(1, "a"), build.event(2, "b"), build.event(3, "a")]
    data = b"".join(event.line for event in some)
    tally.add(data, some)
    tally.add_unreadable(b"\0\n")
    assert tally.as_json() == {
        "events": 3,
        "bytes": len(data) + 2,
        "sha256": hashlib.sha256(data + b"\0\n").hexdigest(),
        "types": {"a": 2, "b": 1},
        "first_collected": build.now,
        "last_collected": build.now,
        "unreadable_lines": 1,
        "cut_bytes": 0,
    }


def test_types_are_bounded(build):
    tally = Tally()
    for number in range(MOST_TYPES + 3):
        tally.add(b"", [build.event(number, f"type{number}")])
    assert len(tally.types) == MOST_TYPES + 1
    assert tally.types[OTHER] == 3
