"""Pipelines to files that Kubeflow and Vertex AI run."""
