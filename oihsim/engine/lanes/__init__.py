"""Machine code for lanes: from the equations of a linked model to kernels of 1, 8 or 16 subjects.

``graph`` reads the generated equations as a graph of operations; ``emission`` writes it in LLVM's
intermediate language for lanes of any width, with the arithmetic of ``arithmetic``; the kernels are
``drives``, and ``explicit_step`` or ``collocation``, in the memory of ``layout``; ``object_code``
compiles and keeps them; ``kernel`` puts them together. The collocation rests on ``cascade`` (which
states need each other), ``elimination`` and ``linear_equations`` (how they are solved together).
"""
