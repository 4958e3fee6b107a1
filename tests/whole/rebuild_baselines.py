"""Rebuild the stored summaries; the changelog then says why science or numerics changed."""

import json

from test_shipped_scenarios import BASELINES, NAMES, summary

if __name__ == "__main__":
    BASELINES.mkdir(exist_ok=True)
    for name in NAMES:
        (BASELINES / f"{name}.json").write_text(json.dumps(summary(name), indent=1) + "\n")
