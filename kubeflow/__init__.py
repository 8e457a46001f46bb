"""Pipelines on Kubeflow and Vertex AI: compiling, scheduling, the image, a local run."""
