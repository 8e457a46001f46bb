"""The pipelines: factories, settings, the local runner."""
