"""Draw the pictures of the README and of the tour: python docs/pictures.py."""

from pathlib import Path

import oihsim
from oihsim.dose_response import LIMBS, dose_pain_curve

FOLDER = Path(__file__).parent / "img"


def main() -> None:
    """Simulate and draw; takes half a minute."""
    oihsim.plot.save(oihsim.plot.strategy(oihsim.simulate("flagship")), FOLDER / "flagship.png")
    oihsim.plot.save(oihsim.plot.dose_pain(dose_pain_curve()), FOLDER / "dose_pain.png")
    limbs = dose_pain_curve(limbs=LIMBS)
    oihsim.plot.save(oihsim.plot.dose_pain(limbs), FOLDER / "limbs.png")


if __name__ == "__main__":
    main()
