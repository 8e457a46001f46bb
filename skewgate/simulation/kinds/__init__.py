"""The registry of kinds of drift that can be planted."""

from skewgate.simulation.kinds.base import Plant
from skewgate.simulation.kinds.labels import ClassPrior, LabelFlip
from skewgate.simulation.kinds.numbers import Clipping, Noise, Scale, Shift, UnitError
from skewgate.simulation.kinds.values import (
    CategorySwap,
    MissingRate,
    NewCategory,
    Permutation,
    StuckSensor,
)

REGISTRY: dict[str, type[Plant]] = {
    "shift": Shift,
    "scale": Scale,
    "unit_error": UnitError,
    "noise": Noise,
    "clipping": Clipping,
    "category_swap": CategorySwap,
    "new_category": NewCategory,
    "missing_rate": MissingRate,
    "stuck_sensor": StuckSensor,
    "class_prior": ClassPrior,
    "label_flip": LabelFlip,
    "permutation": Permutation,
}
