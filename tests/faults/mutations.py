"""Ways to spoil the bytes of a file. The same chance gives the same bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    """Flips one to twenty bits."""
    spoilt = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def flip_at_the_ends(data: bytes, rng: random.Random) -> bytes:
    """Flips a bit near the beginning or the end, where formats keep lengths and indexes."""
    spoilt = bytearray(data)
    near = min(len(spoilt), 64)
    at = rng.randrange(near)
    spoilt[at if rng.random() < 0.5 else len(spoilt) - 1 - at] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def truncate(data: bytes, rng: random.Random) -> bytes:
    """Cuts the file off."""
    return data[: rng.randrange(len(data))]


def cut_the_front(data: bytes, rng: random.Random) -> bytes:
    """Takes the beginning away."""
    return data[rng.randrange(1, len(data)) :]


def zeros(data: bytes, rng: random.Random) -> bytes:
    """Fills a part with zeros, as disks do that lost power."""
    begin, end = _part(data, rng)
    return data[:begin] + bytes(end - begin) + data[end:]


def repeat_part(data: bytes, rng: random.Random) -> bytes:
    """Writes a part twice."""
    begin, end = _part(data, rng)
    return data[:end] + data[begin:end] + data[end:]


def drop_part(data: bytes, rng: random.Random) -> bytes:
    """Leaves a part out."""
    begin, end = _part(data, rng)
    return data[:begin] + data[end:]


def swap_parts(data: bytes, rng: random.Random) -> bytes:
    """Lets two parts change places."""
    first, second, third = sorted(rng.randrange(len(data) + 1) for _ in range(3))
    return data[:first] + data[second:third] + data[first:second] + data[third:]


def nothing(data: bytes, rng: random.Random) -> bytes:
    """Leaves an empty file."""
    return b""


def noise(data: bytes, rng: random.Random) -> bytes:
    """Puts chance bytes in its place."""
    return rng.randbytes(rng.choice((1, 7, 100, 5_000)))


def huge_number(data: bytes, rng: random.Random) -> bytes:
    """Puts a number that no type holds in the place of one."""
    sizes = (b"1e999", b"-1e999", b"9" * 40, b"9" * 5_000, b"NaN", b"-0", b"1e-999", b"0x10")
    return _replace_one(rb"\d+(\.\d+)?", data, rng, rng.choice(sizes))


def invalid_utf8(data: bytes, rng: random.Random) -> bytes:
    """Puts in bytes that are no UTF-8."""
    return _insert(data, rng, rng.choice((b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80")))


def control_characters(data: bytes, rng: random.Random) -> bytes:
    """Puts in characters that steer a terminal or turn the order of text."""
    signs = ("\x1b[2J", "\x07", "\u202e", "\u2066", "\x9b31m", "\u2028", "\ufeff", "\x7f")
    return _insert(data, rng, rng.choice(signs).encode())


def control_in_a_word(data: bytes, rng: random.Random) -> bytes:
    """Puts them into a name or a text, so that most of the file can be read."""
    sign = rng.choice(("\x1b[31m", "\u202e", "\u2067", "\x07"))
    words = list(re.finditer(rb"[A-Za-z]{3,}", data))
    if not words:
        return _insert(data, rng, sign.encode())
    at = rng.choice(words).start() + 1
    return data[:at] + sign.encode() + data[at:]


def null_bytes(data: bytes, rng: random.Random) -> bytes:
    """Puts in null bytes."""
    return _insert(data, rng, b"\x00" * rng.choice((1, 3, 1_000)))


def windows_lines(data: bytes, rng: random.Random) -> bytes:
    """Ends lines as Windows does, or as nobody does."""
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\r", b"\n\n")))


def long_line(data: bytes, rng: random.Random) -> bytes:
    """Puts in a very long word."""
    return _insert(data, rng, rng.choice((b"a", b"9", b" ", b",", b"\t", b'"')) * 1_000_000)


def deep(data: bytes, rng: random.Random) -> bytes:
    """Puts in brackets, thousands deep."""
    depth = rng.choice((200, 3_000, 100_000))
    left, right = rng.choice(((b"[", b"]"), (b"{", b"}"), (b'{"a":', b"}"), (b"{a: ", b"}")))
    return _replace_one(rb"[\w.]+", data, rng, left * depth + right * depth)


def deep_lines(data: bytes, rng: random.Random) -> bytes:
    """Adds indented keys, thousands deep."""
    depth = rng.choice((100, 1_500))
    return data + b"\nx:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, depth))


def aliases(data: bytes, rng: random.Random) -> bytes:
    """Adds YAML aliases of aliases, which a small file makes billions of."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, rng.choice((5, 30))):
        lines.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]")
    return data + "\n".join(["", *lines, ""]).encode()


def odd_yaml(data: bytes, rng: random.Random) -> bytes:
    """Adds what YAML can say and no contract means."""
    odd = (
        b"\n? {a: 1}\n: b\n",
        b"\n? [a, b]\n: b\n",
        b"\nx: !!python/object/apply:os.getcwd []\n",
        b"\nx: &x {y: *x}\n",
        b"\n<<: [1, 2]\n",
        b"\n<<: *nowhere\n",
        b"\n---\nsecond: document\n",
        b"\nx: 2016-02-30\n",
        b"\nx: !!binary zzz\n",
        b"\nx: !!set {a, b}\n",
        b"\n%YAML 9.9\n",
        b"\nx: 0o99999999999999999999\n",
        b"\nx: 190:20:30:99:99:99:99:99\n",
        b"\nversion: 1\nversion: 1\n",
        b"\n1: 2\ntrue: 3\nnull: 4\n",
    )
    return data + rng.choice(odd)


def other_value(data: bytes, rng: random.Random) -> bytes:
    """Puts a value of another type after a colon."""
    values = (b"[]", b"{}", b"null", b'""', b"true", b"-1", b"0", b"[[1]]", b"1.5", b"'\\'", b"~")
    return _replace_one(rb"(?<=: )[^\s,}\]]+", data, rng, rng.choice(values))


def drop_word(data: bytes, rng: random.Random) -> bytes:
    """Leaves out a word, or writes it wrong."""
    words = list(re.finditer(rb"[A-Za-z_]{2,}", data))
    if not words:
        return truncate(data, rng)
    word = rng.choice(words)
    return data[: word.start()] + rng.choice((b"", word[0][::-1])) + data[word.end() :]


def lying_length(data: bytes, rng: random.Random) -> bytes:
    """Writes other numbers where lengths of four or eight bytes may stand."""
    spoilt = bytearray(data)
    size = rng.choice((4, 8))
    at = rng.choice((0, 4, 8, len(data) - 8, len(data) - 12, rng.randrange(len(data))))
    at = min(max(at, 0), max(len(data) - size, 0))
    number = rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1, len(data) * 2))
    spoilt[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, "little")
    return bytes(spoilt)


def many_columns(data: bytes, rng: random.Random) -> bytes:
    """Adds thousands of separators to a line."""
    return _insert(data, rng, rng.choice((b",", b"\t", b";", b'{"a":')) * 200_000)


ANYTHING: dict[str, Mutation] = {
    "bit flips": flip_bits,
    "bit flip at an end": flip_at_the_ends,
    "cut off": truncate,
    "front cut off": cut_the_front,
    "zeros": zeros,
    "part twice": repeat_part,
    "part left out": drop_part,
    "parts swapped": swap_parts,
    "empty": nothing,
    "noise": noise,
    "lying length": lying_length,
}
"""What is done to files of all formats."""
TEXT: dict[str, Mutation] = {
    "huge number": huge_number,
    "invalid UTF-8": invalid_utf8,
    "control characters": control_characters,
    "control in a word": control_in_a_word,
    "null bytes": null_bytes,
    "line ends": windows_lines,
    "long line": long_line,
    "deep nesting": deep,
    "word wrong": drop_word,
}
"""What is done to files of text, too."""
CELLS: dict[str, Mutation] = {"many columns": many_columns}
YAML: dict[str, Mutation] = {
    "deep lines": deep_lines,
    "aliases": aliases,
    "odd YAML": odd_yaml,
    "other value": other_value,
}


def of(name: str) -> dict[str, Mutation]:
    """Returns the mutations for a file, by its name."""
    endings = name.lower().split(".")
    found = dict(ANYTHING)
    if "gz" in endings:
        return found
    if {"csv", "tsv"} & set(endings):
        return found | TEXT | CELLS
    if {"yaml"} & set(endings):
        return found | TEXT | YAML
    if {"jsonl", "json", "pbtxt"} & set(endings):
        return found | TEXT | {"other value": other_value}
    return found


def _part(data: bytes, rng: random.Random) -> tuple[int, int]:
    begin = rng.randrange(len(data))
    return begin, min(len(data), begin + rng.choice((1, 4, 16, 200, 4_096)))


def _insert(data: bytes, rng: random.Random, what: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + what + data[at:]


def _replace_one(pattern: bytes, data: bytes, rng: random.Random, value: bytes) -> bytes:
    found = list(re.finditer(pattern, data))
    if not found:
        return _insert(data, rng, value)
    one = rng.choice(found)
    return data[: one.start()] + value + data[one.end() :]
