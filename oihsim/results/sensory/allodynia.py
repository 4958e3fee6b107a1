"""Areas of allodynia: skin around an injury in which a stroke hurts."""

from oihsim.model.parameter import Parameter
from oihsim.results.sensory._area import LIMIT, NOISE, AreaTest

REACH = Parameter("reach", 1.0, "1",
    "part of the area that complete analgesia removes: to 35 % of baseline at 3.1 ng/mL of "
    "remifentanil, where hyperalgesia to a pin fell to 67 %; the most that the form allows",
    "hood2003", "fitted", low=0.7, high=1.0)  # fmt: skip

ALLODYNIA_AREA_CAPSAICIN = AreaTest(
    name="allodynia_area_capsaicin", modality="allodynia_area", unit="cm**2", better="lower",
    meaning="area of pain to a stroke around capsaicin",
    baseline=Parameter("baseline", 40.0, "cm**2", "median of naive people",
        low=15.0, high=80.0, cv=0.6),
    reach=REACH, noise=NOISE, cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip

ALLODYNIA_AREA_ELECTRICAL = AreaTest(
    name="allodynia_area_electrical", modality="allodynia_area", unit="cm**2", better="lower",
    meaning="area of pain to a stroke around electrical stimulation",
    baseline=Parameter("baseline", 23.7, "cm**2",
        "median and spread of the mean and SD of twelve volunteers (27.5, 16.2 cm²)",
        "koppert2001", "derived", low=15.0, high=37.0, cv=0.589),
    reach=REACH, noise=NOISE, cut_off=LIMIT,
    references=("koppert2003",),
)  # fmt: skip
