"""The arrays of a run as compiled code finds them: one table of addresses for each thread.

See :mod:`oihsim.engine.solver.address_table`. What is of all subjects or of one is shared by the
threads; what is of a lane belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oihsim.engine.driver import rules_address
from oihsim.engine.lanes.kernel import Kernels
from oihsim.engine.queue import SharedQueue
from oihsim.engine.solver import RuleArrays, Schedule
from oihsim.engine.solver import address_table as tables
from oihsim.engine.solver.rule_columns import columns_of
from oihsim.kinetics.propagation import Modes

Array = NDArray[Any]
LINE = 128
"""Bytes to which memory of lanes is aligned, the longest row of lanes, and in which what threads
count together is alone."""

POINTED_TO = ("FIRST_ROW", "LAST_ROW", "PAIRS", "DRIVE", "LIGAND", "SCALE")
"""Arrays that kernels read by themselves, in the order of
:data:`oihsim.engine.lanes.lane_layout.SHAPE`."""


def aligned(shape: tuple[int, ...]) -> Array:
    """Return zeros that begin at a whole line of memory.

    Examples
    --------
    >>> aligned((3, 8)).ctypes.data % LINE
    0
    """
    room = np.zeros(prod(shape) + LINE // 8)
    begin = (-room.ctypes.data // 8) % (LINE // 8)
    return room[begin : begin + prod(shape)].reshape(shape)


@dataclass
class AddressTable:
    """Rows of addresses, and the arrays that they point to, which live as long as the table."""

    rows: Array = field(default_factory=lambda: np.zeros((tables.TABLES, 4), dtype=np.int64))
    kept: list[Array] = field(default_factory=list)

    def put(self, name: str, array: Array, *, items: bool) -> None:
        """Enter an array; with ``items`` its first dimension counts subjects or lanes."""
        array = np.ascontiguousarray(array)
        inner = array.shape[1:] if items else array.shape
        columns = prod(inner[1:])
        size = prod(inner)
        self.rows[getattr(tables, name)] = (
            array.ctypes.data, size, inner[0] if inner else 1, columns
        )  # fmt: skip
        self.kept.append(array)

    def address(self, name: str) -> int:
        """Return where an array begins."""
        return int(self.rows[getattr(tables, name), 0])

    def copy(self) -> AddressTable:
        """Return a table that a thread may add to."""
        return AddressTable(self.rows.copy(), list(self.kept))


@dataclass
class RunMemory:
    """All arrays of a run.

    Attributes
    ----------
    alone, subjects : arrays of all subjects, or of each, by their names in the tables
    kinetics, schedule, rules : what :meth:`oihsim.engine.compiled_model.Model.run` takes
    kernels : machine code of a method
    scale : (s + 1,) one over the permitted error of each state; then the patience of the method
    queue : subjects in the order in which they are run
    places : those of the queue, which threads share
    """

    alone: Mapping[str, Array]
    subjects: Mapping[str, Array]
    kinetics: Modes
    schedule: Schedule
    rules: RuleArrays
    kernels: Kernels = field(init=False)
    scale: Array = field(init=False)
    queue: Array = field(init=False)
    places: SharedQueue = field(init=False)

    def with_kernels(self, kernels: Kernels, scale: Array, queue: Array) -> RunMemory:
        """Return the same arrays for a method and the subjects that it runs."""
        other = RunMemory(self.alone, self.subjects, self.kinetics, self.schedule, self.rules)
        other.kernels, other.scale, other.queue = kernels, scale, queue
        counters = aligned((2, LINE // 8)).view(np.int64)
        other.places = SharedQueue(len(queue), counters[0], counters[1])
        return other

    @cached_property
    def pairs(self) -> Array:
        """Where the concentrations of each mode begin in a list of all."""
        reached = self.kinetics.last_row - self.kinetics.first_row
        return np.concatenate([[0], np.cumsum(reached)]).astype(np.int64)

    def shared(self) -> AddressTable:
        """Return the table of what all threads read or fill, which lives as long as theirs."""
        kinetics, schedule, rules = self.kinetics, self.schedule, self.rules
        code = [*self.kernels.addresses, rules_address() if len(rules.blocks) else 0]
        alone = {
            **self.alone, "SCALE": self.scale, "QUEUE": self.queue,
            "NEXT": self.places.next, "DONE": self.places.done,
            "FIRST_ROW": kinetics.first_row, "LAST_ROW": kinetics.last_row,
            "PAIRS": self.pairs, "OFFSET": schedule.offset, "E_TIME": schedule.time,
            "E_KIND": schedule.kind, "E_INDEX": schedule.index, "E_VALUE": schedule.value,
            "BLOCKS": rules.blocks, "OPTIONS": rules.options, "LADDER": rules.ladder,
            "WAY_INPUT": rules.way_input, "RULES": rules.rules, "CONDITIONS": rules.conditions,
            "OBSERVATIONS": rules.observations, "READS": rules.reads,
            "CODE": np.array(code, dtype=np.int64),
        }  # fmt: skip
        subjects = {
            **self.subjects, "RATE": kinetics.rate, "CHAIN": kinetics.chain,
            "BOLUS_OF": kinetics.bolus, "STEADY": kinetics.steady, "TO_CONC": kinetics.rows,
            "WAYS": rules.ways, "NOISE": rules.noise, "BASELINES": rules.baselines,
            "LATE": rules.late,
        }  # fmt: skip
        table = AddressTable()
        for name, array in alone.items():
            table.put(name, array, items=False)
        for name, array in subjects.items():
            table.put(name, array, items=True)
        return table

    def table(self, shared: AddressTable) -> AddressTable:
        """Return the table of one thread; made there, it lies apart from those of others."""
        table = shared.copy()
        for name, array in self._room(shared).items():
            table.put(name, array, items=False)
        for name, array in self._lanes().items():
            table.put(name, array, items=True)
        return table

    def _room(self, shared: AddressTable) -> dict[str, Array]:
        """Return the memory of the kernels, and room to work in."""
        layout, width, kinetics = self.kernels.layout, self.kernels.width, self.kinetics
        modes, ligands, weights = kinetics.rate.shape[1], kinetics.ligands, len(self.alone["DRIVE"])
        amplitudes = int(self.pairs[-1]) * (kinetics.degree + 1)
        places = layout.driver_rows(ligands, weights, modes, amplitudes)
        together = np.zeros(modes, dtype=np.int64)
        states, drives, outputs = layout.states, layout.drives, layout.outputs
        address = [shared.address(name) for name in POINTED_TO]
        shape = [
            places[5], places[8], places[3], places[4], places[6], ligands, weights, 0,
            kinetics.degree, self.pairs[-1], together.ctypes.data, *address,
        ]  # fmt: skip
        return {
            "SHAPE": np.array(shape, dtype=np.int64), "TOGETHER": together,
            "WORK": aligned((int(places[7]), width)), "ROWS": places, "Y": np.zeros(states),
            "MASK": np.zeros(states), "MOVED": np.zeros(modes), "CONC": np.zeros(2 * ligands),
            "U": np.zeros(drives), "READ": np.zeros(outputs),
            "SCRATCH": np.zeros((4, max(modes, ligands, 1))),
            "LANES_Y": aligned((states, width)), "LANES_U": aligned((drives, width)),
            "LANES_C": aligned((layout.constants, width)),
            "LANES_READ": aligned((outputs, width)),
        }  # fmt: skip

    def _lanes(self) -> dict[str, Array]:
        """Return what lanes remember of their subjects."""
        width, layout = self.kernels.width, self.kernels.layout
        modes, inputs = self.kinetics.rate.shape[1], self.kinetics.bolus.shape[1]
        entries = np.diff(self.schedule.offset)[self.queue]
        room = int(entries.max(initial=0)) + self.rules.entries
        sizes: dict[str, tuple[int, ...]] = {
            "CLOCK": (3,), "Z": (modes,), "FLOW": (inputs,), "C_OF": (layout.constants,),
            "LIVE": (len(self.rules.blocks), len(columns_of("L"))), "L_TIME": (room,),
            "L_VALUE": (room,), "OUT_U": (len(self.alone["TIMES"]), layout.drives),
        }  # fmt: skip
        whole = {
            "NOTE": 6, "RUNNING": inputs, "STREAK": len(self.rules.rules), "ACTIVE": modes,
            "L_KIND": room, "L_INDEX": room,
        }  # fmt: skip
        return {
            **{name: np.zeros((width, *size)) for name, size in sizes.items()},
            **{name: np.zeros((width, size), np.int64) for name, size in whole.items()},
        }
