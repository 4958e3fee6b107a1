"""Which parameters decide an endpoint: each at its low and high, or all of them varied together.

``ranges`` gives the range of each parameter, ``indices`` is the design and the estimate of Sobol
indices for any function, ``question`` is the number that is analysed, and ``analysis`` applies
them to a scenario.
"""
