import numpy as np
import pytest
import xarray as xr
from fake_results import DIMS, fake_result


@pytest.fixture(scope="session")
def result():
    return fake_result()


@pytest.fixture(scope="session")
def small():
    """Two arms, three subjects, values that a pencil can follow."""
    time = [0.0, 24.0, 48.0]
    pain = [
        [[[4.0, 4.0, 4.0], [5.0, 5.0, 5.0], [6.0, 6.0, 6.0]]],
        [[[4.0, 5.0, 6.0], [5.0, 5.0, 5.0], [6.0, 4.0, 2.0]]],
    ]
    tolerance = np.array(
        [
            [[[1, 1, 1.0], [1, 1, 2.0], [1, 1, np.inf]]],
            [[[1, 1, 3.0], [1, 1, np.inf], [1, 1, np.inf]]],
        ]
    )
    ds = xr.Dataset(
        {"pain": (DIMS, pain), "tolerance_index": (DIMS, tolerance)},
        {"scenario": ["keep", "taper"], "draw": [0], "id": [0, 1, 2], "time": time},
        {"reference_arm": "keep"},
    )
    ds["status"] = (("scenario", "draw", "id"), np.zeros((2, 1, 3), dtype=int))
    return ds
