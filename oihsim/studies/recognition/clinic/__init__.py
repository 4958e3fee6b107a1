"""Virtual patients whose clinical picture is known, seen as a clinic sees them: with noise.

:mod:`treatment_histories` makes their treatments, :mod:`visit` simulates them up to a visit and
finds readings and true picture, :mod:`measurement` adds noise and omits what nobody observed.
"""
