"""The one package that decides: measurements to verdicts, verdicts to a decision."""

from skewgate.decision.bands import (
    BandCheck,
    ChangeCheck,
    judge_bands,
    judge_change_points,
)
from skewgate.decision.bounds import BoundCheck, judge_bounds
from skewgate.decision.correction import adjust, level
from skewgate.decision.coverage import CoverageCheck, judge_coverage
from skewgate.decision.distances import Check, can_fail, in_doubt, judge, measure_and_judge
from skewgate.decision.gate import decide, join
from skewgate.decision.shares import ShareCheck, judge_shares

__all__ = [
    "BandCheck",
    "BoundCheck",
    "ChangeCheck",
    "Check",
    "CoverageCheck",
    "ShareCheck",
    "adjust",
    "can_fail",
    "decide",
    "in_doubt",
    "join",
    "judge",
    "judge_coverage",
    "judge_bands",
    "judge_bounds",
    "judge_change_points",
    "judge_shares",
    "level",
    "measure_and_judge",
]
