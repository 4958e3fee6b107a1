"""Which parameters decide an endpoint: each at its low and high, or all of them varied together.

``ranges`` says between what each parameter is varied, ``indices`` is the design and the estimate of
Sobol indices for any function, ``study`` applies both to a scenario, ``text`` prints the result.
"""
