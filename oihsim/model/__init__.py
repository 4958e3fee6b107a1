"""Mechanisms and parameters, and how they are linked into one system of equations."""
