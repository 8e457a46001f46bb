"""What ML Metadata says of the run that began last, for tests that run pipelines by TFX alone."""

from __future__ import annotations

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from skewgate.pipeline import records


def last_run(path: str) -> list[records.NodeRecord]:
    """Returns the nodes of the run that began last.

    Args:
        path: of the SQLite file.
    """
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = path
    store = metadata_store.MetadataStore(config)
    runs = store.get_contexts_by_type("pipeline_run")
    return records.of_run(path, max(runs, key=lambda run: run.id).name)
