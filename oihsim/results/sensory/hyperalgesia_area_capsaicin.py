"""Area of secondary hyperalgesia to a pin around heated and capsaicin-treated skin."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._area import LIMIT, NOISE, AreaTest

TEST = AreaTest(
    name="hyperalgesia_area_capsaicin",
    modality="hyperalgesia_area",
    meaning="area of hyperalgesia to a pin around capsaicin",
    unit="cm**2",
    better="lower",
    baseline=Parameter("baseline", 60.0, "cm**2", "median of naive people",
        low=30.0, high=120.0, cv=0.5),
    noise=NOISE,
    cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip
