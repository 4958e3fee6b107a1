"""Area of secondary hyperalgesia to a pin around electrodes that hurt."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._area import LIMIT, NOISE, AreaTest

TEST = AreaTest(
    name="hyperalgesia_area_electrical",
    modality="hyperalgesia_area",
    meaning="area of hyperalgesia to a pin around electrical stimulation",
    unit="cm**2",
    better="lower",
    baseline=Parameter("baseline", 35.1, "cm**2",
        "median and spread of the mean and SD of twelve volunteers (43.6, 32.1 cm²)",
        "koppert2001", "derived", low=22.0, high=55.0, cv=0.736),
    noise=NOISE,
    cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip
