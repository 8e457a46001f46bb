from __future__ import annotations

import pytest

from skewgate.core.errors import InputError
from skewgate.pipeline.checking import keys


def test_a_wrong_key_has_a_stand_in_and_the_others_are_as_written(project):
    project.change("by: column", "by: moon")
    project.change("name: demo", "nam: demo")
    draft = keys.read(project.path)
    assert [fault.problem.partition(" ")[0] for fault in draft.faults] == [
        "nam",
        "training.splits:",
    ]
    assert draft.settings.training.data == str(project.folder / "rows.csv")
    assert not draft.knows("training", "splits")
    assert not draft.knows("", "name")
    assert draft.knows("training", "data")
    assert draft.knows("monitoring", "splits")


def test_an_unknown_key_stands_for_the_missing_one_that_it_was_meant_to_be(project):
    project.change("run_fn:", "run_fun:")
    draft = keys.read(project.path)
    (fault,) = draft.faults
    assert fault.problem.startswith("training.run_fun is not a known key")
    assert draft.settings is not None
    assert not draft.knows("training", "run_fn")


def test_a_wrong_key_within_a_key_makes_the_whole_of_it_unknown(project):
    project.change("  drift:", "  labels: {data: l.csv}\n  reading: {delimitr: ;}\n  drift:")
    draft = keys.read(project.path)
    assert {fault.keys for fault in draft.faults} == {
        ("monitoring", "labels", "config"),
        ("monitoring", "reading", "delimitr"),
    }
    assert draft.settings.monitoring.labels is None
    assert not draft.knows("monitoring", "reading")


@pytest.mark.parametrize("text", ["", "[1]", "training: {", "a: 1\na: 2"])
def test_what_is_no_mapping_is_refused_at_once(project, text):
    project.write(text)
    with pytest.raises(InputError, match=r"pipeline\.yaml: "):
        keys.read(project.path)


def test_keys_that_are_no_texts_are_faults_too(project):
    project.change("schema:", "7: seven\nschema:")
    draft = keys.read(project.path)
    assert [fault.keys for fault in draft.faults] == [("7",)]
    assert draft.settings is not None
