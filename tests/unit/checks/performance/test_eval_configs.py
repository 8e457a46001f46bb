from __future__ import annotations

import subprocess
import sys

import pytest

from skewgate.checks.performance import eval_configs
from skewgate.core.errors import InputError

if eval_configs.message_class() is None:
    pytest.skip("this environment has no TFMA", allow_module_level=True)

MODEL = 'model_specs { signature_name: "s" label_key: "tip" }'
FLOOR = 'metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.8 } } } }'
GOOD = f"{MODEL} metrics_specs {{ {FLOOR} }}"


def read(text):
    return eval_configs.parse(text, eval_configs.message_class()(), "eval.pbtxt")


def said(text):
    config = read(text)
    found = [
        *eval_configs.faults(config, "eval.pbtxt"),
        *eval_configs.threshold_faults(config, "eval.pbtxt"),
    ]
    return [str(fault).removeprefix("eval.pbtxt: ") for fault in found]


def test_a_configuration_is_read_without_tfma_or_tensorflow():
    code = (
        "import sys\n"
        "from skewgate.checks.performance import eval_configs\n"
        f"config = eval_configs.parse({GOOD!r}, eval_configs.message_class()())\n"
        "print(eval_configs.label_features(config), sorted(sys.modules))\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert out.startswith("['tip'] ")
    assert "tensorflow_model_analysis" not in out
    assert "'tensorflow'" not in out
    assert "apache_beam" not in out


def test_tfma_reads_the_same_after_it_was_read_here():
    from tensorflow_model_analysis.proto import config_pb2

    theirs = eval_configs.parse(GOOD, config_pb2.EvalConfig())
    assert read(GOOD).SerializeToString() == theirs.SerializeToString()


def test_without_tfma_there_is_no_class(monkeypatch):
    eval_configs.message_class.cache_clear()
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.setattr(sys, "meta_path", [])
    assert eval_configs.message_class() is None
    eval_configs.message_class.cache_clear()


def test_a_good_configuration_has_no_fault():
    assert said(GOOD) == []
    by_name = 'thresholds { key: "auc" value { value_threshold { lower_bound { value: 0.8 } } } }'
    assert said(f"{MODEL} metrics_specs {{ {by_name} }}") == []
    json_text = '{"model_specs": [{"label_key": "tip"}], "metrics_specs": []}'
    assert said(json_text) == [
        "sets no threshold, so nothing would be decided. Fix: add a threshold to a metric."
    ]


@pytest.mark.parametrize("text", ["model_specs {", "{", "model_spec { }", '{"modelSpec": 1}'])
def test_what_is_no_configuration_is_refused(text):
    with pytest.raises(InputError, match=r"^eval.pbtxt: is not a tfma.EvalConfig \("):
        read(text)


def test_all_faults_are_said_at_once():
    change = "change_threshold { absolute { value: nan } }"
    text = (
        'model_specs { name: "a" } model_specs { name: "b" label_key: "tip" } '
        'slicing_specs { slice_keys_sql: "SELECT" } '
        "options { compute_confidence_intervals { value: false } } "
        'metrics_specs { metrics { class_name: "AUC" threshold { value_threshold {} '
        f"{change} }} }} }}"
    )
    starts = [
        "every model_spec must name its label_key. Fix: add label_key.",
        "has 2 model_specs that are not a baseline, and there is one model. Fix: leave one of them.",
        "slices by slice_keys_sql, which TFX 1.21 ignores without a word. Fix: use feature_keys",
        "switches confidence intervals off, and verdicts need them. Fix: remove",
        "sets a threshold without a bound on AUC. Fix: add the bound.",
        "sets a bound of nan on AUC, which decides nothing. Fix: give a number.",
        "sets a change_threshold without a direction on AUC. Fix: add direction: HIGHER_IS_BETTER",
    ]
    found = said(text)
    assert len(found) == len(starts)
    assert [
        each for each, start in zip(found, starts, strict=True) if not each.startswith(start)
    ] == []


def test_the_thresholds_of_slices_are_found_wherever_they_are_written():
    bound = "threshold { value_threshold { upper_bound { value: 1 } } }"
    metrics = (
        f'metrics {{ class_name: "A" per_slice_thresholds {{ {bound} }} '
        f"cross_slice_thresholds {{ {bound} }} }} "
        f'per_slice_thresholds {{ key: "b" value {{ thresholds {{ {bound} }} }} }} '
        f'cross_slice_thresholds {{ key: "c" value {{ thresholds {{ {bound} }} }} }}'
    )
    config = read(f"{MODEL} metrics_specs {{ {metrics} }}")
    assert [name for name, _ in eval_configs.thresholds(config)] == ["A", "A", "b", "c"]
