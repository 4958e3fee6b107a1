"""Figures of results, drawn with matplotlib, which is imported only when a figure is drawn.

One file here is one figure: a function of the file's name that returns a
``matplotlib.figure.Figure`` and shows nothing. ``save`` writes it. Each figure and each file
carries the caution.
"""

from oihsim.results.plot._page import FORMATS, save
from oihsim.results.plot.dose_pain import dose_pain
from oihsim.results.plot.forest import ForestRow, forest
from oihsim.results.plot.sobol import sobol
from oihsim.results.plot.strategy import strategy
from oihsim.results.plot.tornado import tornado

__all__ = ["FORMATS", "ForestRow", "dose_pain", "forest", "save", "sobol", "strategy", "tornado"]
