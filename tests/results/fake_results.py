"""A made-up but plausible result, written by hand in the form that simulate() returns."""

import json

import numpy as np
import xarray as xr

from oihsim.files.caution import CAUTION

DIMS = ("scenario", "draw", "id", "time")
ARMS = ("stable", "escalation", "with_ketamine", "no_nmda_limb")


def relax(target, time, days_up, days_down):
    """Follow target (…, time) with one time constant up and another down."""
    out = np.empty_like(target)
    out[..., 0] = target[..., 0]
    step = np.diff(time)
    for k in range(1, time.size):
        rate = np.where(target[..., k] > out[..., k - 1], 1 / days_up, 1 / days_down) / 24
        share = 1 - np.exp(-rate * step[k - 1])
        out[..., k] = out[..., k - 1] + (target[..., k] - out[..., k - 1]) * share
    return out


def fake_result(subjects=60, days=90, failed=0):
    time = np.arange(0.0, days * 24 + 1, 6.0)
    day = time / 24
    spread = np.exp(0.25 * np.random.default_rng(7).standard_normal((3, subjects, 1)))
    low, high = np.full(day.shape, 60.0), np.select([day < 30, day < 60], [60.0, 120.0], 240.0)
    variables = {
        name: np.zeros((len(ARMS), 1, subjects, time.size))
        for name in (
            "pain", "tolerance_index", "hyperalgesia_index", "analgesic_effect", "withdrawal_part",
            "drug_free_threshold", "morphine_cumulative_dose", "ketamine_cumulative_dose",
            "naloxone_cumulative_dose", "morphine_effect_site_concentration", "cyclic_amp_excess",
        )
    }  # fmt: skip
    for i, arm in enumerate(ARMS):
        daily = low if arm == "stable" else high
        ketamine = ((day >= 60) & (day < 65)) * 168.0 * (arm == "with_ketamine")
        half = np.where(np.arange(time.size) % 2 == 0, daily / 2, 0.0)
        variables["morphine_cumulative_dose"][i, 0] = np.concatenate([[0], np.cumsum(half)[:-1]])
        infused = np.concatenate([[0], np.cumsum(ketamine * 0.25)[:-1]])
        variables["ketamine_cumulative_dose"][i, 0] = infused * spread[0]
        level = relax(daily * spread[0] * (1 + 0.15 * np.cos(np.pi * day * 4)), time, 0.3, 0.3)
        drive = level**3 / (level**3 + 180.0**3)
        limb = 0.35 if arm == "no_nmda_limb" else 1.0
        target = 1.1 * spread[1] * drive * limb * (1 - 0.7 * (ketamine > 0))
        index = relax(target, time, 9, 25 if arm != "with_ketamine" else 14)
        tolerance = 1 + relax(level / 45 * spread[2], time, 5, 8)
        effect = level / (level + 60 * tolerance)
        variables["hyperalgesia_index"][i, 0] = index / (1 + index)
        variables["tolerance_index"][i, 0] = tolerance
        variables["analgesic_effect"][i, 0] = effect
        variables["pain"][i, 0] = np.clip(4.5 * (1 - 0.9 * effect) * (1 + 0.8 * index), 0, 10)
        variables["withdrawal_part"][i, 0] = 0.02 * tolerance
        variables["cyclic_amp_excess"][i, 0] = 0.01 * tolerance
        variables["drug_free_threshold"][i, 0] = 1 - index / (1 + index) - 0.02 * tolerance
        variables["morphine_effect_site_concentration"][i, 0] = level
    status = np.zeros((len(ARMS), 1, subjects), dtype=int)
    for k in range(failed):
        status[1, 0, k] = 1
        for name in variables:
            variables[name][1, 0, k] = np.nan
    ds = xr.Dataset(
        {name: (DIMS, values) for name, values in variables.items()},
        {"scenario": list(ARMS), "draw": [0], "id": np.arange(subjects), "time": time},
        {
            "question": "Does a five-day ketamine infusion late in a morphine escalation lower "
            "pain after the infusion has ended?",
            "caution": CAUTION,
            "reference_arm": "stable",
            "rtol": 1e-6,
            "endpoints": json.dumps(
                ["pain_last_day", {"endpoint": "pain_mean", "from_h": 1440.0, "until_h": 2160.0},
                 "hyperalgesia_last", "tolerance_last", "cumulative_dose"]
            ),
        },
    )  # fmt: skip
    ds["status"] = (("scenario", "draw", "id"), status)
    ds["time"].attrs["units"] = "h"
    return ds


def fake_curves(limbs=False):
    dose = np.concatenate([[0.0], np.geomspace(5, 1000, 25)])
    horizon = np.array([12.0, 168.0, 720.0, 1440.0])
    grown = np.array([0.0, 0.45, 0.85, 1.0])
    kinds = [1.0, 0.0] if limbs else [1.0]
    pain = np.empty((len(kinds), dose.size, horizon.size))
    for k, limb in enumerate(kinds):
        for j, share in enumerate(grown):
            effect = dose / (dose + 90 * (1 + 1.2 * share))
            rise = dose**2 / (dose**2 + 220.0**2) * share * limb
            pain[k, :, j] = 4.0 * (1 - 0.8 * effect) * (1 + 2.6 * rise)
    attrs = {"question": "How can more morphine mean more pain?", "drug": "morphine"}
    dims, coords = ("dose_mg_per_day", "horizon_h"), {"dose_mg_per_day": dose, "horizon_h": horizon}
    if not limbs:
        return xr.Dataset({"pain": (dims, pain[0])}, coords, attrs)
    coords["limb"] = ["with NMDA limb", "NMDA limb held"]
    return xr.Dataset({"pain": (("limb", *dims), pain)}, coords, attrs)
