"""TFX's own Transform with a `module_file`, behind a gate, in a pipeline as users write it."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tfx.components.transform.component import Transform
from tfx.orchestration import metadata, pipeline
from tfx.orchestration.local import local_dag_runner

from skewgate.components.quality_gate.component import QualityGate
from skewgate.components.schema_contract.component import SchemaContract
from skewgate.components.schema_skew_validator.component import SchemaSkewValidator
from skewgate.components.skew_statistics_gen.component import SkewStatisticsGen
from skewgate.components.tabular_example_gen.component import TabularExampleGen
from skewgate.core.errors import GateShutError
from skewgate.pipeline.settings import LOCAL_BEAM

PREPROCESSING = """
import tensorflow_transform as tft
from scaling import scaled


def preprocessing_fn(inputs):
    return {"fare_scaled": scaled(inputs["fare"]), "tip": inputs["tip"]}
"""
SCALING = """
import tensorflow_transform as tft


def scaled(tensor):
    return tft.scale_to_z_score(tensor)
"""
SCHEMA = """
feature { name: "fare" type: FLOAT presence { min_fraction: 1 }
  shape { dim { size: 1 } } float_domain { min: 0 } }
feature { name: "tip" type: INT presence { min_fraction: 1 }
  shape { dim { size: 1 } } }
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the pipeline on rows, and returns the folder of what a node put out."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # what TFX packs and installs comes from no network
    code = tmp_path / "code"
    code.mkdir()
    (code / "preprocessing.py").write_text(PREPROCESSING)
    (code / "scaling.py").write_text(SCALING)

    def run(fares):
        data = tmp_path / "data"
        data.mkdir(exist_ok=True)
        rows = "".join(f"{fare},{place % 2}\n" for place, fare in enumerate(fares))
        (data / "rows.csv").write_text(f"fare,tip\n{rows}")
        schema = SchemaContract(SCHEMA)
        splits = {"by": "hash", "buckets": {"train": 2, "eval": 1}}
        examples = TabularExampleGen(
            str(data), "*.csv", splits=splits, schema=schema.outputs["schema"]
        )
        channel = examples.outputs["examples"]
        statistics = SkewStatisticsGen(channel, schema=schema.outputs["schema"])
        validator = SchemaSkewValidator(
            statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
        )
        gate = QualityGate([validator.outputs["skew_report"]]).with_id("DataGate")
        transform = Transform(
            examples=channel,
            schema=schema.outputs["schema"],
            module_file=str(code / "preprocessing.py"),
        )
        transform.add_upstream_node(gate)
        made = pipeline.Pipeline(
            pipeline_name="own",
            pipeline_root=str(tmp_path / "root"),
            components=[schema, examples, statistics, validator, gate, transform],
            metadata_connection_config=metadata.sqlite_metadata_connection_config(
                str(tmp_path / "metadata.sqlite")
            ),
            beam_pipeline_args=[*LOCAL_BEAM],
        )
        local_dag_runner.LocalDagRunner().run(made)

    return run


def newest(folder: pathlib.Path) -> pathlib.Path:
    return max(folder.iterdir(), key=lambda path: int(path.name))


def test_transform_packs_its_modules_and_transforms_what_the_gate_let_pass(run, tmp_path):
    run(np.random.default_rng(7).uniform(1, 50, 300).round(2))
    outputs = tmp_path / "root" / "Transform"
    graph = tft.TFTransformOutput(str(newest(outputs / "transform_graph")))
    assert graph.transformed_feature_spec().keys() == {"fare_scaled", "tip"}
    files = sorted(map(str, newest(outputs / "transformed_examples").glob("Split-train/*")))
    records = tf.data.TFRecordDataset(files, compression_type="GZIP")
    scaled = [
        tf.train.Example.FromString(record).features.feature["fare_scaled"].float_list.value[0]
        for record in records.as_numpy_iterator()
    ]
    assert len(scaled) > 150
    assert np.mean(scaled) == pytest.approx(0, abs=1e-5)
    assert np.std(scaled) == pytest.approx(1, abs=1e-5)


def test_nothing_is_transformed_behind_a_shut_gate(run, tmp_path):
    with pytest.raises(GateShutError, match="fare"):
        run([-1.0, *range(1, 100)])
    assert not (tmp_path / "root" / "Transform").exists()
