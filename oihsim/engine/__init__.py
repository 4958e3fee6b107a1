"""Numerics: machine code made from the equations, the solver, threads and memory."""
