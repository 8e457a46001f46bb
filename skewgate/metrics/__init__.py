"""The registry of metrics: one file each, one line each; other packages add theirs."""

from skewgate.metrics.plugins import Registry

REGISTRY = Registry(
    "ks",
    "jsd",
    "psi",
    "linf",
    "wasserstein",
    "hellinger",
    "missing_rate",
    "new_categories",
)
