"""One scenario at many points, packed into few runs."""
