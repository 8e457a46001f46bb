"""QualityGate: the one component that stops a pipeline."""
