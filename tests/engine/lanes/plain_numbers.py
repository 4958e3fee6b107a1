"""Arithmetic on plain numbers in place of lanes."""


class Numbers:
    """Arithmetic on floats, with a count of products and quotients."""

    def __init__(self):
        self.count = 0

    def number(self, x):
        return float(x)

    def neg(self, a):
        return -a

    def add(self, a, b):
        return a + b

    def mul(self, a, b):
        self.count += 1
        return a * b

    def inverse(self, a):
        self.count += 1
        return 1.0 / a

    def fma(self, a, b, c):
        self.count += 1
        return a * b + c
