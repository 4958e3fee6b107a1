"""Area of secondary hyperalgesia to a pin around a small incision of the forearm."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._area import LIMIT, NOISE, AreaTest

TEST = AreaTest(
    name="hyperalgesia_area_incision",
    modality="hyperalgesia_area",
    meaning="area of hyperalgesia to a pin around an incision",
    unit="cm**2",
    better="lower",
    baseline=Parameter("baseline", 15.0, "cm**2", "median of naive people, an incision of 4 mm",
        low=5.0, high=40.0, cv=0.5),
    noise=NOISE,
    cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip
