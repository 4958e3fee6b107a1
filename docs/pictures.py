"""Draw the pictures of the README, the tour and other pages: python docs/pictures.py."""

import runpy
from pathlib import Path

import oihsim
from oihsim.studies.dose_response import LIMBS, dose_pain_curve

FOLDER = Path(__file__).parent / "img"


def main() -> None:
    """Simulate and draw; takes a minute."""
    oihsim.plot.save(oihsim.plot.strategy(oihsim.simulate("flagship")), FOLDER / "flagship.png")
    oihsim.plot.save(oihsim.plot.dose_pain(dose_pain_curve()), FOLDER / "dose_pain.png")
    limbs = dose_pain_curve(limbs=LIMBS)
    oihsim.plot.save(oihsim.plot.dose_pain(limbs), FOLDER / "limbs.png")
    month = {"endpoint": "pain_mean", "from": "60 d", "until": "90 d"}
    bars = oihsim.sensitivity("flagship", month, "escalation", against="stable", top=10)
    oihsim.plot.save(oihsim.plot.tornado(bars), FOLDER / "tornado.png")
    runpy.run_path(str(FOLDER.parent / "validation.py"))["draw"]()


if __name__ == "__main__":
    main()
