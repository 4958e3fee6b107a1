"""One table of addresses through which compiled code finds every array of a run.

A row of the table is an array: its address, numbers per item, and rows and columns of an item. An
item belongs to a lane, to a subject, or is the only one. So every function takes the table and a
lane or a subject instead of dozens of arrays: that compiles faster, and counts no references.
``row`` and ``rows`` give an item in one or two dimensions, ``whole_row`` and ``whole_rows`` one of
whole numbers.
"""

# mypy: ignore-errors
from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

# ---- generated module ----

# of all subjects
(
    TIMES, Y_BASE, DRIVE, LIGAND, FIRST_ROW, LAST_ROW, PAIRS, SHAPE, TOGETHER, WORK, ROWS, CODE,
    OFFSET, E_TIME, E_KIND, E_INDEX, E_VALUE, BLOCKS, OPTIONS, LADDER, WAY_INPUT, RULES, CONDITIONS,
    OBSERVATIONS, READS, SCALE, QUEUE, NEXT, DONE, SUM_BEGIN, LEVEL_OF, MARGIN,
) = range(32)  # fmt: skip
# of each subject
(
    RATE, CHAIN, BOLUS_OF, STEADY, TO_CONC, FACTOR, Y0, P_OF, WAYS, NOISE, BASELINES, LATE,
    OUT_Y, OUT_READ, OUT_CONC, OUT_SUM, GIVEN, LOG, WRITTEN, STATUS_OF, REACHED, COUNTS, METHOD,
) = range(32, 55)  # fmt: skip
# of each lane; the last ones are room to work in, of all lanes
(
    NOTE, CLOCK, Z, FLOW, RUNNING, C_OF, LIVE, STREAK, ACTIVE, OUT_U, L_TIME, L_KIND, L_INDEX,
    L_VALUE, Y, MASK, MOVED, CONC, U, READ, SCRATCH, LANES_Y, LANES_U, LANES_C, LANES_READ,
) = range(55, 80)  # fmt: skip
TABLES = 80
# NOTE: a lane's subject, next entry, next output, size of its ledger, whether doses were given at
# its last stop, whether its ledgers are full
SUBJECT, EVENT, OUTPUT, SIZE, ACTED, FULL = range(6)


def _view(element, dimensions):
    """Return a function ``(t, name, item)`` that gives an item as an array."""
    kind = types.Array(element, dimensions, "C")

    @intrinsic
    def view(typingctx, t, name, item):
        def write(context, builder, signature, arguments):
            table = context.make_array(signature.args[0])(context, builder, arguments[0])
            name, item = (
                context.cast(builder, one, of, types.int64)
                for one, of in zip(arguments[1:], signature.args[1:], strict=True)
            )

            def column(k):
                at = builder.add(builder.mul(name, name.type(4)), name.type(k))
                return builder.load(builder.gep(table.data, [at]))

            step = builder.mul(column(1), name.type(8))
            address = builder.add(column(0), builder.mul(item, step))
            shape = [column(1)] if dimensions == 1 else [column(2), column(3)]
            strides = [name.type(8)]
            if dimensions == 2:
                strides.insert(0, builder.mul(shape[1], name.type(8)))
            array = context.make_array(kind)(context, builder)
            arrayobj.populate_array(
                array, builder.inttoptr(address, array.data.type), shape, strides, 8, None
            )
            return array._getvalue()

        return kind(t, name, item), write

    return view


row = _view(types.float64, 1)
rows = _view(types.float64, 2)
whole_row = _view(types.int64, 1)
whole_rows = _view(types.int64, 2)


def _function_of_places(count):
    """Return a function that calls the code at an address with ``count`` places in memory."""

    @intrinsic
    def call(typingctx, address, places):
        def write(context, builder, signature, arguments):
            place = ir.IntType(8).as_pointer()
            them = cgutils.unpack_tuple(builder, arguments[1], count)
            kind = ir.FunctionType(ir.VoidType(), [place] * count)
            function = builder.inttoptr(arguments[0], kind.as_pointer())
            builder.call(function, [builder.inttoptr(one, place) for one in them])
            return context.get_dummy_value()

        return types.none(address, places), write

    return call


@intrinsic
def add_one(typingctx, t, name):
    """Add 1 to the first number of an array that threads share; return what it was.

    No two threads get the same number. Nothing is said about other memory: what one thread writes
    another reads only after its end.
    """

    def write(context, builder, signature, arguments):
        table = context.make_array(signature.args[0])(context, builder, arguments[0])
        name = context.cast(builder, arguments[1], signature.args[1], types.int64)
        place = builder.load(builder.gep(table.data, [builder.mul(name, name.type(4))]))
        number = builder.inttoptr(place, name.type.as_pointer())
        return builder.atomic_rmw("add", number, name.type(1), "monotonic")

    return types.int64(t, name), write


call_two = _function_of_places(2)
call_four = _function_of_places(4)


@intrinsic
def call_rules(typingctx, address, t, lane, n, now, entry):
    """Call the rules at an address with the table, and the entry whose dose is due or -1."""

    def write(context, builder, signature, arguments):
        table = context.make_array(signature.args[1])(context, builder, arguments[1])
        whole, real = ir.IntType(64), ir.DoubleType()
        kind = ir.FunctionType(ir.VoidType(), [whole, whole, whole, real, whole])
        function = builder.inttoptr(arguments[0], kind.as_pointer())
        place = builder.ptrtoint(table.data, whole)
        builder.call(function, [place, *arguments[2:]])
        return context.get_dummy_value()

    wanted = (types.int64, t, types.int64, types.int64, types.float64, types.int64)
    return types.none(*wanted), write


@intrinsic
def table_at(typingctx, address):
    """Return the table at an address."""
    kind = types.Array(types.int64, 2, "C")

    def write(context, builder, signature, arguments):
        whole = arguments[0].type
        array = context.make_array(kind)(context, builder)
        pointer = builder.inttoptr(arguments[0], array.data.type)
        shape, strides = [whole(TABLES), whole(4)], [whole(32), whole(8)]
        arrayobj.populate_array(array, pointer, shape, strides, 8, None)
        return array._getvalue()

    return kind(address), write
