"""Dosing that repeats for ever: kinetics in closed form, the body by a fixed point."""
