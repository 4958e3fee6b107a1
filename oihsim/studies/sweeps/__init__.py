"""Sweeps: a scenario at many points, for many subjects and draws, chunk by chunk into zarr."""
