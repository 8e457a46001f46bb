"""Is it too different, and from what?"""

from skewgate.checks.drift.evaluation import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
