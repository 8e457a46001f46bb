"""EvalConfigs in text format, and what becomes of them."""

from __future__ import annotations

from tensorflow_model_analysis.metrics import metric_specs

from skewgate.components.performance_gate import completion, configuration

FLOOR = "threshold { value_threshold { lower_bound { value: 0.8 } } }"
CHANGE = "change_threshold { direction: HIGHER_IS_BETTER absolute { value: -0.02 } }"
CONFIG = f"""
model_specs {{ label_key: "label" }}
slicing_specs {{}}
slicing_specs {{ feature_keys: "payment" }}
metrics_specs {{ metrics {{ class_name: "AUC" {FLOOR} }} }}
"""
TWO = """
model_specs { name: "candidate" label_key: "label" }
model_specs { name: "baseline" is_baseline: true label_key: "label" }
"""


def parse(text):
    return configuration.parse_eval_config(text)


def complete(text, has_baseline=False, **options):
    return completion.complete(parse(text), has_baseline=has_baseline, **options)


def keys(config):
    found = metric_specs.keys_and_metrics_from_specs(config, config.metrics_specs)
    return {key for key, _, _ in found}


def metric(text):
    return CONFIG.replace(f'class_name: "AUC" {FLOOR}', text)
