"""Damage that files take: bits that flip, ends that are cut off, pieces lost or doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator


def flips(content: bytes) -> Iterator[bytes]:
    """Yields content with each of its bits changed in turn."""
    changed = bytearray(content)
    for at in range(len(content)):
        for bit in range(8):
            changed[at] ^= 1 << bit
            yield bytes(changed)
            changed[at] ^= 1 << bit


def truncations(content: bytes) -> Iterator[bytes]:
    """Yields every true beginning of content, the empty one first."""
    for end in range(len(content)):
        yield content[:end]


def random_damage(content: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Yields content damaged in ways drawn by chance, the same for the same seed.

    Args:
        content: at least 8 bytes.
        seed: of the draws.
        count: how many to yield.
    """
    draw = random.Random(seed)
    for number in range(count):
        start, end = sorted(draw.sample(range(len(content) + 1), 2))
        end = min(end, start + 4096)
        kind = number % 6
        if kind == 0:
            changed = bytearray(content)
            for _ in range(draw.randint(1, 3)):
                changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
            yield bytes(changed)
        elif kind == 1:
            yield content[:start]
        elif kind == 2:
            yield content[:start] + content[end:]
        elif kind == 3:
            yield content[:end] + content[start:]
        elif kind == 4:
            yield content[:start] + bytes(end - start) + content[end:]
        else:
            yield content[:start] + draw.randbytes(end - start) + content[end:]
