"""The code in the README runs, in a pipeline of stock components."""

from __future__ import annotations

import pathlib
import re

from tfx.components import CsvExampleGen, SchemaGen
from tfx.orchestration import metadata, pipeline

from skewgate.pipeline import local_runner, records
from skewgate.pipeline.settings import LOCAL_BEAM

README = pathlib.Path(__file__).parents[2] / "README.md"


def test_the_ten_lines_of_the_readme_run_in_a_stock_pipeline(workspace, tmp_path):
    (tmp_path / "rows").mkdir()
    columns = ["fare", "trip_miles", "trip_start_hour", "payment_type"]
    rows = workspace.training_rows.sample(4000, random_state=2)[columns]
    rows.to_csv(tmp_path / "rows" / "rows.csv", index=False)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    (code,) = (block for block in blocks if "trainer" in block)  # see docs/python.md of the other
    example_gen = CsvExampleGen(input_base=str(tmp_path / "rows"))

    class Behind:
        """Stands for a Trainer: takes what is put before it."""

        def add_upstream_node(self, node):
            self.gate = node

    trainer, components = Behind(), [example_gen]
    exec(code, names := {"example_gen": example_gen, "trainer": trainer, "components": components})
    schema_gen = SchemaGen(statistics=names["statistics"])
    schema_gen.add_upstream_node(trainer.gate)
    database = str(tmp_path / "metadata.sqlite")
    seen = []
    run_id = local_runner.run(
        pipeline.Pipeline(
            pipeline_name="readme",
            pipeline_root=str(tmp_path / "artifacts"),
            components=[*components, schema_gen],
            metadata_connection_config=metadata.sqlite_metadata_connection_config(database),
            beam_pipeline_args=[*LOCAL_BEAM],
        ),
        database,
        lambda node, event, seconds: seen.append((node, event)),
    )
    assert seen[-2:] == [("SchemaGen", "started"), ("SchemaGen", "COMPLETE")]
    reports = {r.kind: r for node in records.of_run(database, run_id) for r in node.reports}
    assert (reports["DriftReport"].status, reports["Decision"].status) == ("pass", "pass")
