"""The one package that decides: measurements to verdicts, verdicts to a decision."""

from skewgate.decision.correction import adjust, level
from skewgate.decision.distances import Check, in_doubt, judge
from skewgate.decision.gate import decide, join
from skewgate.decision.shares import ShareCheck, judge_shares

__all__ = [
    "Check",
    "ShareCheck",
    "adjust",
    "decide",
    "in_doubt",
    "join",
    "judge",
    "judge_shares",
    "level",
]
