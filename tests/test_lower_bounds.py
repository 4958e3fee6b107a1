"""The oldest versions that ``pyproject.toml`` allows pass the smoke tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_oldest_versions_allowed_pass_the_smoke_tests(tmp_path):
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        pytest.skip("uv is not installed; it is among the tools of the dev extra")
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "PYTHONPATH", "VIRTUAL_ENV"))
    }
    environment["OIHSIM_CACHE"] = str(tmp_path / "cache")
    for command in (
        [uv, "venv", "-q", "--python", sys.executable, str(tmp_path / "venv")],
        [uv, "pip", "install", "-q", "--resolution", "lowest-direct", "--python", str(python),
         "--editable", f"{ROOT}[test]"],
        [str(python), "-m", "pytest", "-p", "no:cacheprovider", str(ROOT / "tests" / "smoke")],
    ):  # fmt: skip
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
