"""A subject of the prototype OIH-21: its ligands, its plasma and effect sites, explicit binding.

Both opioids go through the slow slots of the receptor, so binding is followed in time as there.
Plasma is a level that approaches a target with the ligand's elimination rate.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from interpreter import Body
from scipy.integrate import solve_ivp

from oihsim.neuroplasticity import VARIANTS

INF = float("inf")
# KD nM, k_off, e, e_arrestin, k_des, k_int, ke0, k_el (1/h), kappa and NMDA half-blocking nM
LIGANDS = {
    "none": (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, INF, INF),
    "morphine": (540.0, 40.0, 0.75, 0.75, 1.5, 0.1, 0.25, 0.3, INF, INF),
    "fentanyl": (30.0, 15.6, 0.9, 1.0, 2.0, 0.6, 10.0, 0.25, INF, INF),
    "remifentanil": (60.0, 30.0, 0.9, 1.0, 2.0, 0.6, 28.0, 25.0, INF, INF),
    "methadone": (6000.0, 20.0, 0.95, 1.0, 3.0, 3.0, 4.0, 0.029, INF, 8000.0),
    "buprenorphine": (2.6, 0.6, 0.25, 0.11, 0.15, 0.0, 0.27, 0.03, 3.0, INF),
    "naloxone": (3.0, 140.0, 0.0, 0.0, 0.0, 0.0, 6.4, 0.65, INF, INF),
}
BLOCKERS = {"none": (1.0, 1.0, 1.0), "ketamine": (350.0, 6.0, 0.35), "mk801": (20.0, 3.0, 0.35)}
M3G_KE0, M3G_K = 0.1, 1500.0


class Subject:
    """Two opioids, one NMDA blocker and M3G in one body, advanced piece by piece."""

    def __init__(
        self, a: str = "none", b: str = "none", blocker: str = "none", *,
        parameters: dict[str, float] | None = None, opioid_nmda_ic: float | None = None,
        kappa: bool = True,
    ) -> None:  # fmt: skip
        values = {**VARIANTS["oih21"].parameters, **(parameters or {})}
        for slot, name in ((1, a), (2, b)):
            k = LIGANDS[name]
            for symbol, value in zip(
                ("k_off", "e", "e_arrestin", "k_des", "k_int"), k[1:6], strict=True
            ):
                values[f"mu_receptor.{symbol}_{slot}"] = value
        self.body = Body(values, VARIANTS["oih21"].mechanisms)
        self.ligands = LIGANDS[a], LIGANDS[b]
        self.ic = BLOCKERS[blocker][0]
        nmda = [opioid_nmda_ic or k[9] for k in self.ligands]
        self.inverse = np.array(
            [[1.0 / k[0] for k in self.ligands], [1.0 / n for n in nmda],
             [1.0 / k[8] if kappa else 0.0 for k in self.ligands]]
        )  # fmt: skip
        self.ke0 = np.array([*(k[6] for k in self.ligands), BLOCKERS[blocker][1], M3G_KE0])
        self.k_el = np.array([*(k[7] for k in self.ligands), BLOCKERS[blocker][2], 0.3])
        self.y = np.concatenate([np.zeros(8), self.body.baseline])
        self.hours = 0.0

    def drives(self, concentration: np.ndarray) -> dict[str, float]:
        """Return the drives at effect-site concentrations of A, B, blocker and M3G, nM."""
        a, b, blocker, m3g = concentration.tolist()
        kd, ic, kappa = self.inverse.tolist()
        return {
            "slow_drive_1": a * kd[0],
            "slow_drive_2": b * kd[1],
            "total_nmda_drive": blocker / self.ic,
            "total_opioid_nmda_drive": a * ic[0] + b * ic[1],
            "total_kappa_drive": a * kappa[0] + b * kappa[1],
            "total_glial_drive": m3g / M3G_K,
        }

    def plasma(
        self, a: float = 0.0, b: float = 0.0, blocker: float = 0.0, m3g: float = 0.0
    ) -> None:
        """Set plasma at once, in nM."""
        self.y[:4] = a, b, blocker, m3g

    def advance(
        self, hours: float, a: float = 0.0, b: float = 0.0, blocker: float = 0.0, m3g: float = 0.0,
        *, points: int = 1,
    ) -> list[dict[str, float]]:  # fmt: skip
        """Advance with plasma approaching these targets; return looks, the last at the end."""
        target = np.array([a, b, blocker, m3g])

        def right_hand_side(_t: float, y: np.ndarray) -> np.ndarray:
            kinetics = self.k_el * (target - y[:4]), self.ke0 * (y[:4] - y[4:8])
            return np.concatenate([*kinetics, self.body.derivatives(y[8:], self.drives(y[4:8]))])

        times = np.linspace(0.0, hours, points + 1)[1:]
        solution = solve_ivp(
            right_hand_side, (0.0, hours), self.y, "LSODA", times, rtol=1e-7, atol=1e-9,
            max_step=hours / 2,
        )  # fmt: skip
        assert solution.success, solution.message
        self.y = solution.y[:, -1].copy()
        self.hours += hours
        return [self.body.look(y[8:], self.drives(y[4:8])) for y in solution.y.T]

    def look(self) -> dict[str, float]:
        """Return every symbol now."""
        return self.body.look(self.y[8:], self.drives(self.y[4:8]))

    def free(self) -> dict[str, float]:
        """Return every symbol with all ligands gone and all other states as they are."""
        y = self.y[8:].copy()
        y[:2] = 0.0
        return self.body.look(y, {})

    def tested(self, drives: np.ndarray) -> Iterator[dict[str, float]]:
        """Yield every symbol at a test concentration of opioid A (C/KD), all else washed out."""
        for drive in drives:
            y = self.y[8:].copy()
            y[:2] = drive / (1.0 + drive), 0.0
            yield self.body.look(y, {"slow_drive_1": drive})
