"""Rebuild the stored summaries; the changelog then says why science or numerics changed."""

import json

from test_stored_summaries import BASELINES, NAMES, simulated, summary

if __name__ == "__main__":
    BASELINES.mkdir(exist_ok=True)
    for name in NAMES:
        text = json.dumps(summary(simulated(name)), indent=1)
        (BASELINES / f"{name}.json").write_text(text + "\n")
