"""A mechanism is one file: short declarations, and no other file that has to name it."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

from oihsim import neuroplasticity

ROOT = Path(__file__).parents[2]
DECLARATIONS = {"Parameter", "State", "Output"}
MECHANISM = '''"""Loss of inhibition, which reads another mechanism's module."""

from oihsim.model.mechanism import Mechanism
from oihsim.neuroplasticity.nmda import NMDA

SPINAL_INHIBITION = Mechanism("spinal_inhibition", "loss of inhibition", states=NMDA.states)
'''


def _all_but_code(folder, names):
    return [name for name in names if not (name.endswith(".py") or (Path(folder) / name).is_dir())]


def test_the_contracts_hold_a_new_mechanism_that_no_file_names(tmp_path):
    shutil.copytree(ROOT / "oihsim", tmp_path / "oihsim", ignore=_all_but_code)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / "oihsim" / "neuroplasticity" / "spinal_inhibition.py"
    file.write_text(MECHANISM, encoding="utf-8")
    report = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    assert "1 broken" in report
    assert "neuroplasticity.spinal_inhibition -> oihsim.neuroplasticity.nmda" in report


def test_a_declaration_takes_at_most_three_lines():
    long = []
    for path in sorted(Path(neuroplasticity.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in DECLARATIONS:
                lines = node.end_lineno - node.lineno + 1
                if lines > 3:
                    long.append(f"{path.name}:{node.lineno} {lines}")
    assert long == []
