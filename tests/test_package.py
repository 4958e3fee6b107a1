"""What a user installs, and what no file of the repository may name."""

import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-build-isolation"] if find_spec("hatchling") else []
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "-q", "-w", str(folder),
         "--disable-pip-version-check", *isolation],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def names(wheel):
    return set(wheel.namelist())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beside", "inside"),
    [
        ("oihsim/drugs/*.yaml", "oihsim/drugs"),
        ("oihsim/scenario/populations/*.yaml", "oihsim/scenario/populations"),
        ("oihsim/evidence/studies/*.yaml", "oihsim/evidence/studies"),
        ("oihsim/evidence/scoreboard.json", "oihsim/evidence"),
        ("scenarios/*.yaml", "oihsim/scenario/shipped"),
        ("sweeps/*.yaml", "oihsim/studies/sweeps/shipped"),
        ("docs/scenario.schema.json", "oihsim/scenario"),
        ("oihsim/files/references.bib", "oihsim/files"),
        ("oihsim/py.typed", "oihsim"),
        ("oihsim/**/*.py", None),
    ],
)
def test_the_wheel_holds_the_package_and_its_data(wheel, names, beside, inside):
    paths = sorted(ROOT.glob(beside))
    assert paths
    for path in paths:
        name = f"{inside}/{path.name}" if inside else str(path.relative_to(ROOT))
        assert name in names
        assert wheel.read(name) == path.read_bytes()


@pytest.mark.slow
def test_the_wheel_holds_nothing_else(names):
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.M)[1]
    for name in names:
        assert name.split("/")[0] in ("oihsim", f"oihsim-{version}.dist-info"), name
        assert not re.search(r"(^|/)(tests?/|test_|conftest)", name), name
        assert "__pycache__" not in name
        assert not name.endswith((".nc", ".pyc", ".part"))
    assert f"oihsim-{version}.dist-info/licenses/LICENSE" in names


@pytest.mark.slow
def test_the_wheel_installs_the_command(wheel, names):
    (points,) = [name for name in names if name.endswith("entry_points.txt")]
    assert "oihsim = oihsim.commands.app:main" in wheel.read(points).decode()


@pytest.mark.slow
def test_the_wheel_alone_lists_its_scenarios_and_sweeps(wheel, tmp_path):
    wheel.extractall(tmp_path)
    code = (
        "import oihsim, oihsim.scenario as s; from pathlib import Path; "
        "from oihsim.studies.sweeps.shipped_sweeps import shipped_sweeps; "
        "print(Path(oihsim.__file__).parent); print(*s.shipped()); print(*shipped_sweeps())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    place, scenarios, sweeps = done.stdout.splitlines()
    assert Path(place) == tmp_path / "oihsim"
    assert scenarios.split() == sorted(path.stem for path in ROOT.glob("scenarios/*.yaml"))
    assert sweeps.split() == sorted(path.stem for path in ROOT.glob("sweeps/*.yaml"))


HEAVY = ("numba", "xarray", "pint", "matplotlib", "scipy", "pandas", "ruamel")


@pytest.mark.parametrize("args", [["--help"], ["run", "--help"], []])
def test_help_loads_nothing_heavy(args):
    code = (
        "import sys\nfrom oihsim.commands.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True
    )
    assert "HEAVY []" in done.stdout
    assert "Usage: " in done.stdout + done.stderr


def test_the_installed_command_runs(tmp_path):
    command = shutil.which("oihsim", path=str(Path(sys.executable).parent))
    (tmp_path / "bad.yaml").write_text("schema: oihsim-scenario/1\nquestion: Why?\n")
    done = subprocess.run(
        [command, "check", "bad.yaml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "bad.yaml:1: arms: found nothing; allowed: " in done.stderr


def tracked():
    """Return the tracked files, or every file of the folders that are tracked."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0 and done.stdout:
        return [ROOT / name for name in done.stdout.decode().split("\0") if name]
    folders = ("oihsim", "tests", "docs", "scenarios", "benchmarks")
    return [*ROOT.glob("*.*"), *(p for f in folders for p in (ROOT / f).rglob("*") if p.is_file())]


# written in pieces, so that this file does not name them
PLACES = [
    "/" + "work/", "/" + "tmp/v", "/" + "home/", "/" + "root/", "/" + "Users/", "share" + "d/",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_file_names_a_place_of_one_machine(place):
    found = []
    for path in tracked():
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            # a slash inside a web address or a unit is no path
            if re.search(rf"(?<![\w.:/-]){re.escape(place)}", text):
                found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_the_check_for_places_can_fail(tmp_path):
    assert re.search(rf"(?<![\w.:/-]){re.escape(PLACES[0])}", f"see {PLACES[0]}notes")
    assert len(tracked()) > 100


def test_no_large_file_is_tracked():
    large = {str(p.relative_to(ROOT)): p.stat().st_size for p in tracked() if p.is_file()}
    assert {name: size for name, size in large.items() if size > 1_000_000} == {}
