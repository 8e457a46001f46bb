"""The registry of metrics: one file each, one line each; other packages add theirs."""

from skewgate.metrics import (
    hellinger,
    jsd,
    ks,
    linf,
    missing_rate,
    new_categories,
    psi,
    wasserstein,
)
from skewgate.metrics.plugins import Registry

REGISTRY = Registry(
    (
        ks.METRIC,
        jsd.METRIC,
        psi.METRIC,
        linf.METRIC,
        wasserstein.METRIC,
        hellinger.METRIC,
        missing_rate.METRIC,
        new_categories.METRIC,
    )
)
