"""The values of one feature of some rows, as they were decoded."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tensorflow_metadata.proto.v0 import statistics_pb2

INT = int(statistics_pb2.FeatureNameStatistics.INT)
FLOAT = int(statistics_pb2.FeatureNameStatistics.FLOAT)
STRING = int(statistics_pb2.FeatureNameStatistics.STRING)
Lengths = npt.NDArray[np.int64]


class DecodedValues(NamedTuple):
    """What was decoded of one feature of some rows.

    Attributes:
        kind: INT, FLOAT or STRING; None if no row says.
        lengths: number of values of each row, -1 where the feature is missing, shape (rows,).
        values: the values of all rows: an array of int64 or float32, or of large binary by
            pyarrow; None without a kind.
    """

    kind: int | None
    lengths: Lengths
    values: Any
