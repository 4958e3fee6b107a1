"""Evidence: studies in people as files, run as they were done, and verdicts that are computed.

A study file is a scenario with measurements. Its findings say what was read in whom and when, with
which statistic, what was observed and how sure that is. :func:`oihsim.validate` simulates each
study and compares its own statistic with the observed value.
"""
