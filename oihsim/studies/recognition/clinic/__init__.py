"""Virtual patients whose clinical picture is known, seen as a clinic sees them: with noise.

:mod:`courses` says what they were given, :mod:`visit` simulates them up to a visit, reads them and
says what is true of them, :mod:`measurement` adds noise and loses what nobody asked.
"""
