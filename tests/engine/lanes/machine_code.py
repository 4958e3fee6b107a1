"""Small pieces of machine code for tests, called on NumPy arrays."""

import ctypes

import numpy as np
from llvmlite import binding, ir

from oihsim.engine.lanes.emission import write_function
from oihsim.engine.lanes.lane_layout import SHAPE
from oihsim.engine.lanes.loops import Kernel
from oihsim.engine.lanes.object_code import addresses, compiled
from oihsim.engine.memory import aligned

WIDTHS = (1, 2, 4, 8, 16)


def _module():
    module = ir.Module("test")
    binding.initialize_native_target()
    module.triple = binding.get_process_triple()
    return module


def _loaded(module, name, places):
    (address,) = addresses(compiled(str(module)), (name,))
    return ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * places)(address)


def lanewise(work, width, arguments=1):
    """Return a function of arrays (n,) that gives ``work(lanes, *values)`` of each element."""
    module = _module()
    kernel = Kernel(module, "apply", width)
    with kernel.each(0, kernel.size("count")) as item:
        start = kernel.builder.mul(item, item.type(arguments + 1))
        places = [kernel.builder.add(start, item.type(k)) for k in range(arguments + 1)]
        values = [kernel.rows.load(place) for place in places[:-1]]
        kernel.rows.store(places[-1], work(kernel.lanes, *values))
    kernel.builder.ret_void()
    call = _loaded(module, "apply", 2)

    def apply(*arrays):
        n = len(arrays[0])
        items = -(-n // width)
        memory = aligned((items, arguments + 1, width))
        for k, array in enumerate(arrays):
            memory[:, k] = np.resize(array, items * width).reshape(items, width)
        shape = np.zeros(len(SHAPE), dtype=np.int64)
        shape[SHAPE.index("count")] = items
        call(memory.ctypes.data, shape.ctypes.data)
        return memory[:, -1].reshape(-1)[:n].copy()

    return apply


def page_function(roots, known, width):
    """Return ``f(y, u, c)`` of arrays (n, rows) that gives the roots (n, r)."""
    module = _module()
    write_function(module, "page", width, roots, known)
    call = _loaded(module, "page", 4)

    def apply(*arrays):
        n = len(arrays[0])
        values = np.empty((n, len(roots)))
        out = aligned((len(roots), width))
        places = [aligned((max(array.shape[1], 1), width)) for array in arrays]
        for first in range(0, n, width):
            members = np.minimum(np.arange(first, first + width), n - 1)
            for place, array in zip(places, arrays, strict=True):
                place[: array.shape[1]] = array[members].T
            call(*(place.ctypes.data for place in places), out.ctypes.data)
            values[members] = out.T
        return values

    return apply


def same_bits(a, b):
    """Return whether two arrays are equal in every bit."""
    return a.shape == b.shape and a.tobytes() == b.tobytes()
