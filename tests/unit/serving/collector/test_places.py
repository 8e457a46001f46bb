"""Names of files tell windows and processes apart."""

from skewgate.data.sources import locations
from skewgate.serving.collector import places


def test_each_process_has_a_name_of_its_own():
    names = {places.process_name() for _ in range(20)}
    assert len(names) == 20
    assert all("_" not in name and "/" not in name for name in names)


def test_only_open_files_are_taken_for_such():
    path = places.open_path("out", "2026-11-30T1900Z", "host-1-000001")
    assert places.of_open(path) == ("2026-11-30T1900Z", "host-1-000001")
    assert [places.of_open(name) for name in ("probe", "a.jsonl", ".a_b.jsonl.tmp")] == [None] * 3


def test_readers_of_data_find_published_files_alone(tmp_path):
    paths = [
        place(str(tmp_path), "2026-11-30", "host-000001")
        for place in (places.published_path, places.manifest_path, places.open_path)
    ]
    for path in paths:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("{}\n")
    assert list(locations.find(str(tmp_path))) == paths[:1]
