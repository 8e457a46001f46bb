from __future__ import annotations

import pytest

from skewgate.checks.performance import eval_configs
from skewgate.pipeline.checking.contracts import Contracts
from skewgate.pipeline.checking.faults import Faults


@pytest.fixture
def faults():
    return Faults("pipeline.yaml")


@pytest.fixture
def contracts(faults):
    return Contracts("pipeline.yaml", faults)


def test_each_contract_is_read_by_its_model(project, contracts, faults):
    def at(name):
        return str(project.folder / name)

    assert len(contracts.schema(at("schema.pbtxt")).feature) == 3
    assert contracts.drift(at("drift.yaml"), "monitoring.drift").features.keys() == {"fare"}
    assert contracts.skew(at("skew.yaml"), "training.skew").rows is None
    assert contracts.skew(None, "training.skew").anomalies.default == "block"
    assert contracts.performance(None, "training.performance").min_slice_rows == 30
    config = contracts.eval_config(at("eval.pbtxt"), "training.eval_config")
    assert eval_configs.label_features(config) == ["tip"]
    assert faults.found == []


def test_a_contract_that_is_not_there_is_named_by_the_key_that_names_it(project, contracts, faults):
    path = str(project.folder / "absent.yaml")
    assert contracts.drift(path, "monitoring.drift") is None
    assert contracts.labels(path, "monitoring.labels.config") is None
    assert [str(fault) for fault in faults.found] == [
        f"pipeline.yaml: {field}: names {path}, which does not exist. Fix: correct the path, or "
        "write the file: docs/concepts.md describes it."
        for field in ("monitoring.drift", "monitoring.labels.config")
    ]


def test_what_is_wrong_in_a_contract_is_told_once_and_all_of_it(project, contracts, faults):
    project.change("default: block", "default: blok, typs: {}", "skew.yaml")
    for field in ("training.skew", "monitoring.skew"):
        assert contracts.skew(str(project.folder / "skew.yaml"), field) is None
    assert len(faults.found) == 2
    assert all(fault.where == str(project.folder / "skew.yaml") for fault in faults.found)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("schema.pbtxt", "feature {", "is not a TFMD Schema in text format"),
        ("eval.pbtxt", "model_specs {", "is not a tfma.EvalConfig"),
        ("drift.yaml", "features: {", "is not valid YAML"),
        ("drift.yaml", "- 1", "must be a mapping of keys to values, got list"),
        ("skew.yaml", "\xff", "is not UTF-8"),
    ],
)
def test_a_file_that_is_none_of_its_form_is_refused(project, contracts, faults, name, text, said):
    path = project.folder / name
    path.write_bytes(text.encode("latin-1"))
    readers = {
        "schema.pbtxt": lambda: contracts.schema(str(path)),
        "eval.pbtxt": lambda: contracts.eval_config(str(path), "training.eval_config"),
        "drift.yaml": lambda: contracts.drift(str(path), "monitoring.drift"),
        "skew.yaml": lambda: contracts.skew(str(path), "training.skew"),
    }
    assert readers[name]() is None
    (fault,) = faults.found
    assert said in str(fault)
    assert fault.where.startswith(str(path))
