"""Profiles Arrow batches with Beam, by the accumulators of the in-process engine.

Example:
    profile = batches | ProfileBatches(ProfileOptions(slice_by=[["payment_type"]]))
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import apache_beam as beam
import pyarrow as pa

from skewgate.core.profile import Profile
from skewgate.data.tf_example.sequences import flatten
from skewgate.profiling.accumulators.options import DEFAULT, ProfileOptions
from skewgate.profiling.accumulators.profile import ProfileAccumulator


@beam.typehints.with_input_types(pa.RecordBatch)
@beam.typehints.with_output_types(Profile)
class ProfileFn(beam.CombineFn):  # type: ignore[misc, unused-ignore]
    """Combines batches of rows to one profile.

    Counts are exact and bounds hold for any batches and any order of merging. An accumulator is
    as large as what it has seen, up to some megabytes for each numeric feature and slice.
    """

    def __init__(self, options: ProfileOptions = DEFAULT) -> None:
        """Keeps what to keep of the rows."""
        super().__init__()
        self._options = options

    def create_accumulator(self) -> ProfileAccumulator:
        """Returns an accumulator that has seen nothing."""
        return ProfileAccumulator(self._options)

    def add_input(
        self, accumulator: ProfileAccumulator, batch: pa.RecordBatch
    ) -> ProfileAccumulator:
        """Takes the rows of a batch, of tf.SequenceExample too.

        Raises:
            InputError: a slice cannot be made.
        """
        accumulator.add(flatten(batch))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[ProfileAccumulator]) -> ProfileAccumulator:
        """Joins accumulators of different rows into the first of them.

        Beam may use the others again, while ProfileAccumulator keeps parts of what it takes.
        """
        others = iter(accumulators)
        merged = next(others, None) or self.create_accumulator()
        for other in others:
            merged.merge(copy.deepcopy(other))
        return merged

    def extract_output(self, accumulator: ProfileAccumulator) -> Profile:
        """Returns the distributions of all features and slices."""
        return accumulator.profile()


class ProfileBatches(beam.PTransform):  # type: ignore[misc, unused-ignore]
    """Turns a PCollection of Arrow record batches into one with a single Profile.

    No batch at all gives a profile of 0 rows.
    """

    def __init__(self, options: ProfileOptions = DEFAULT) -> None:
        """Makes the transform, which is told what to keep of the rows."""
        super().__init__()
        self._combine = ProfileFn(options)

    def expand(self, batches: beam.PCollection[pa.RecordBatch]) -> beam.PCollection[Profile]:
        """Adds the combination to the pipeline."""
        return batches | "Profile" >> beam.CombineGlobally(self._combine)
