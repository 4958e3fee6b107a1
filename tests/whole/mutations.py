"""Damaged files: a scenario, drug or population file changed at random, the same by its number.

``mutated("drug", 17, folder)`` is the same file on every machine as long as the shipped files
stay as they are. Half are changed as text, with all that a slip of an editor or a broken transfer
can do; half as data, so that the reader of YAML is passed and the checks behind it are met.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from pathlib import Path

from mutation_pools import originals
from mutations_of_data import change_data
from mutations_of_text import TEXT_CHANGES

from oihsim.files.yaml import Document


@dataclass(frozen=True)
class Case:
    """One damaged file: ``path`` if it was changed as text, ``document`` if as data."""

    kind: str
    number: int
    base: str
    how: tuple[str, ...]
    path: Path
    document: Document | None

    def __str__(self) -> str:
        return f'mutated("{self.kind}", {self.number}): {self.base}, {", ".join(self.how)}'


def mutated(kind: str, number: int, folder: Path) -> Case:
    """Return damaged file ``number`` of a kind; what is damaged as text lies in ``folder``."""
    chance = random.Random(f"{kind} {number}")
    name, text, document = chance.choice(originals(kind))
    rounds = chance.choice((1, 1, 1, 1, 1, 2, 2, 4))
    # a drug file must have the drug's name
    path = folder / f"{name}.yaml"
    if chance.random() < 0.5:
        how = []
        for _ in range(rounds):
            change = chance.choice(TEXT_CHANGES)
            text = change(chance, text)
            how.append(change.__name__)
        path.write_bytes(_damaged_bytes(chance, text, how))
        return Case(kind, number, name, tuple(how), path, None)
    data = copy.deepcopy(document.data)
    how = [change_data(chance, data, kind) for _ in range(rounds)]
    lines = dict(document.lines)
    return Case(kind, number, name, tuple(how), path, Document(str(path), data, lines))


def _damaged_bytes(chance: random.Random, text: str, how: list[str]) -> bytes:
    raw = text.encode("utf-8", errors="surrogatepass")
    if chance.random() < 0.03 and raw:
        at = chance.randrange(len(raw))
        how.append("a byte")
        return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
    return raw
