"""The tiling of a sweep: points, draws and subjects that are simulated and written together.

A chunk of work is one chunk of the store in every dimension, so that no two chunks write to the
same file. The tiling changes no number; a hash identifies the content of a chunk.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from oihsim.drugs import load_drug
from oihsim.engine.compiled_model import Model
from oihsim.studies.sweeps.sweep_plan import Sweep

BYTES = 8.0e7
"""Largest size of the trajectories of a chunk while it is simulated."""

MOST_TOGETHER = 4096
"""Most runs of a chunk: what is lost when a sweep is killed."""

Span = tuple[int, int]
"""First index, and one past the last."""


@dataclass(frozen=True)
class Chunk:
    """One tile of a sweep.

    Attributes
    ----------
    number : in the order of the tiling
    points : span in each swept dimension
    draws, subjects : spans
    block : number of the block of subjects
    """

    number: int
    points: tuple[Span, ...]
    draws: Span
    subjects: Span
    block: int

    @property
    def region(self) -> dict[str, slice]:
        """The slices of ``draw``, ``id`` and ``block``; those of the swept dims are ``points``."""
        spans = {"draw": self.draws, "id": self.subjects, "block": (self.block, self.block + 1)}
        return {name: slice(*span) for name, span in spans.items()}

    def places(self) -> Iterator[tuple[int, ...]]:
        """Yield the points of the tile, the last dimension fastest."""
        yield from _product(self.points)


@dataclass(frozen=True)
class Tiling:
    """All chunks of a sweep.

    Attributes
    ----------
    sizes : of the swept dimensions, then draws and subjects
    tile : sizes of a chunk in the same order; the last ones may be cut short
    """

    sizes: tuple[int, ...]
    tile: tuple[int, ...]

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Number of chunks along each dimension."""
        return tuple(-(-size // part) for size, part in zip(self.sizes, self.tile, strict=True))

    @property
    def number(self) -> int:
        """Number of chunks."""
        return math.prod(self.counts)

    @property
    def blocks(self) -> int:
        """Number of blocks of subjects."""
        return self.counts[-1]

    def chunk(self, number: int) -> Chunk:
        """Return a chunk by its number; the blocks of the same points follow each other.

        Examples
        --------
        >>> Tiling((5, 1, 4), (2, 1, 3)).chunk(5)
        Chunk(number=5, points=((4, 5),), draws=(0, 1), subjects=(3, 4), block=1)
        """
        rest, index = number, []
        for count in reversed(self.counts):
            rest, position = divmod(rest, count)
            index.append(position)
        spans = [
            (i * part, min((i + 1) * part, size))
            for i, part, size in zip(index[::-1], self.tile, self.sizes, strict=True)
        ]
        return Chunk(number, tuple(spans[:-2]), spans[-2], spans[-1], index[0])

    def __iter__(self) -> Iterator[Chunk]:
        return (self.chunk(number) for number in range(self.number))


def tiling_of(sweep: Sweep) -> Tiling:
    """Return the tiling of a sweep.

    Subjects are filled first, then draws, then the last swept dimension. In a sweep that keeps
    summaries the blocks of subjects are those of :func:`room` for every size of chunk: they are
    added up in their order, so that the sums do not depend on the chunks.
    """
    arms = len(sweep.arms)
    usual = room(sweep)
    free = usual if sweep.chunk is None else max(1, sweep.chunk // arms)
    tile = [min(sweep.subjects, usual if sweep.keep == "summaries" else free)]
    for size in (sweep.draws, *reversed(sweep.shape)):
        free = max(1, free // tile[0])
        tile.insert(0, min(size, free))
    return Tiling((*sweep.shape, sweep.draws, sweep.subjects), tuple(tile))


def room(sweep: Sweep) -> int:
    """Return how many subjects, each at one point and in all arms, fit into a chunk."""
    arms = len(sweep.arms)
    return max(1, int(min(MOST_TOGETHER, BYTES / bytes_of_a_course(sweep)) / arms))


def bytes_of_a_course(sweep: Sweep) -> float:
    """Return the approximate bytes of the trajectories of one subject in one arm."""
    first = sweep.first
    model = Model.named(first.model)
    drugs = {drug for scenario in sweep.scenarios.values() for drug in scenario.drugs}
    ligands = sum(len(load_drug(name).ligands) for name in drugs)
    series = (
        len(model.states) + len(model.outputs) + 2 * ligands + len(drugs) + 2 * len(first.tests)
    )
    return 8.0 * len(first.output_times()) * series


def chunk_hash(sweep: Sweep, chunk: Chunk) -> str:
    """Return the SHA-256 of everything that the content of a chunk follows from."""
    spans = (chunk.points, chunk.draws, chunk.subjects)
    return hashlib.sha256(f"{sweep.hash} {spans}".encode()).hexdigest()


def _product(spans: Sequence[Span]) -> Iterator[tuple[int, ...]]:
    if not spans:
        yield ()
        return
    for index in range(*spans[0]):
        for rest in _product(spans[1:]):
            yield (index, *rest)
