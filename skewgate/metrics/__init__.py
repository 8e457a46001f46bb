"""The registry of metrics: one file each, one line each."""

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
from skewgate.metrics.base import Metric

REGISTRY: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        ks.METRIC,
        jsd.METRIC,
        psi.METRIC,
        linf.METRIC,
        wasserstein.METRIC,
        hellinger.METRIC,
        missing_rate.METRIC,
        new_categories.METRIC,
    )
}
