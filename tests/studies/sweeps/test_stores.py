"""Stores: gone on with after an interruption or a kill, refused for another model or version."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr
import zarr
from small_sweeps import RATE, same, sweep_fields, text_of

import oihsim
from oihsim.engine.solver import INTERRUPTED
from oihsim.files.errors import InputError
from oihsim.studies.sweeps import store
from oihsim.studies.sweeps.store import MARKS, Store
from oihsim.studies.sweeps.sweep_file import read_sweep
from oihsim.studies.sweeps.sweep_plan import Sweep

# eight chunks: four points, each cut between its subjects
FIELDS = sweep_fields(
    vary={"k_on": {**RATE, "number": 4}}, subjects=4, chunk=4, question="Which rate?"
)


@pytest.fixture(scope="module")
def uninterrupted():
    return oihsim.sweep(FIELDS, threads=1)


def stopped_after(number):
    """Return a progress callback that presses Ctrl-C when so many runs are done."""

    def progress(done, total):
        if done >= number:
            raise KeyboardInterrupt

    return progress


def test_ctrl_c_keeps_what_is_finished_and_the_rest_follows(tmp_path, uninterrupted):
    path = tmp_path / "out.zarr"
    part = oihsim.sweep(FIELDS, path, threads=1, progress=stopped_after(11)).load()
    ended = part["status"].values == 0
    assert 0 < ended.sum() < ended.size
    assert (part["status"].values[~ended] == INTERRUPTED).all()
    values, expected = part["tolerance_last"].values, uninterrupted["tolerance_last"].values
    np.testing.assert_array_equal(values[ended], expected[ended])
    assert np.isnan(values[~ended]).all()
    done = []
    rest = oihsim.sweep(
        FIELDS, path, resume=True, threads=1, progress=lambda *numbers: done.append(numbers)
    )
    same(rest.load(), uninterrupted)
    # only what was missing is simulated
    assert done[-1] == ((~ended).sum(), (~ended).sum())


@pytest.mark.slow
def test_ctrl_c_that_comes_too_late_for_a_chunk_ends_the_sweep_after_it(tmp_path):
    pressed = []

    def progress(done, total):
        # the run that is at work does not hear of it
        if done == 4 and not pressed:
            pressed.append(done)
            with contextlib.suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)

    ds = oihsim.sweep(FIELDS, tmp_path / "out.zarr", threads=1, progress=progress)
    assert pressed
    assert int((ds["status"] == 0).sum()) == 4
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_finished_store_is_not_changed(tmp_path, uninterrupted):
    path = tmp_path / "out.zarr"
    oihsim.sweep(FIELDS, path, threads=1)
    done = []
    again = oihsim.sweep(FIELDS, path, resume=True, progress=lambda *numbers: done.append(numbers))
    same(again.load(), uninterrupted)
    assert not done
    with pytest.raises(InputError, match="a path that exists"):
        oihsim.sweep(FIELDS, path)


@pytest.mark.slow
def test_data_that_are_not_as_they_were_written_are_simulated_again(tmp_path, uninterrupted):
    path = tmp_path / "out.zarr"
    oihsim.sweep(FIELDS, path, threads=1)
    group = zarr.open_group(str(path), mode="r+", zarr_format=2)
    group["tolerance_last"][0, 0, 0, 0] = 1.25
    marks = zarr.open_array(str(path / MARKS), mode="r+", zarr_format=2)
    marks[3] = 0
    store = Store(path)
    assert store.tiling.number == 8
    assert store.finished() == [1, 2, 4, 5, 6, 7]
    same(oihsim.sweep(FIELDS, path, resume=True, threads=1).load(), uninterrupted)


@pytest.mark.slow
def test_the_store_decides_how_it_is_cut(tmp_path, uninterrupted):
    path = tmp_path / "out.zarr"
    oihsim.sweep(FIELDS, path, threads=1, progress=stopped_after(5))
    rest = oihsim.sweep({**FIELDS, "chunk": 1000}, path, resume=True, threads=1)
    same(rest.load(), uninterrupted)


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("model_hash", "0" * 16, "model_hash"),
        ("versions", {"oihsim": "0.0.1"}, "versions.oihsim"),
        ("drug_hashes", {"morphine": "0" * 64}, "drug_hashes.morphine"),
        ("subjects", 3, "subjects"),
    ],
)
def test_results_of_another_model_or_version_are_not_mixed(tmp_path, key, value, field):
    path = tmp_path / "out.zarr"
    oihsim.sweep(FIELDS, path, threads=1, progress=stopped_after(1))
    sweep = read_sweep(FIELDS)
    before = sweep.recipe[key]
    changed = {**before, **value} if isinstance(before, dict) else value
    other = Sweep({**sweep.recipe, key: changed}, sweep.chunk)
    with pytest.raises(InputError, match="results of the two are not mixed") as caught:
        oihsim.sweep(other, path, resume=True)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_what_is_no_store_of_a_sweep_is_refused(tmp_path):
    (tmp_path / "other.zarr").mkdir()
    with pytest.raises(InputError, match="no store of a sweep"):
        oihsim.sweep(FIELDS, tmp_path / "other.zarr", resume=True)
    with pytest.raises(InputError, match=r"ends in \.zarr"):
        oihsim.sweep(FIELDS, tmp_path / "other.nc")
    with pytest.raises(InputError, match="no folder"):
        oihsim.sweep(FIELDS, tmp_path / "nowhere" / "out.zarr")


def test_a_file_in_the_place_of_a_store_is_refused(tmp_path):
    (tmp_path / "out.zarr").write_text("no store")
    for resume in (False, True):
        with pytest.raises(InputError, match="the folder of a sweep"):
            oihsim.sweep(FIELDS, tmp_path / "out.zarr", resume=resume)


def test_a_store_that_cannot_be_made_is_refused_in_words(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr, "create_array", full)
    with pytest.raises(InputError, match="No space left on device"):
        oihsim.sweep(FIELDS, tmp_path / "out.zarr", threads=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_chunk_whose_file_was_cut_is_made_again(tmp_path):
    path = tmp_path / "out.zarr"
    uninterrupted = oihsim.sweep(FIELDS, path, threads=1).load()
    name = next(name for name, values in uninterrupted.data_vars.items() if "id" in values.dims)
    file = max((path / str(name)).glob("[0-9]*"), key=lambda values: values.stat().st_size)
    file.write_bytes(file.read_bytes()[:5])
    again = oihsim.sweep(FIELDS, path, resume=True, threads=1).load()
    assert again[name].identical(uninterrupted[name])


def test_a_store_that_was_being_made_leaves_nothing_behind(tmp_path, monkeypatch):
    def broken(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(zarr, "create_array", broken)
    with pytest.raises(KeyboardInterrupt):
        oihsim.sweep(FIELDS, tmp_path / "out.zarr", threads=1)
    assert list(tmp_path.iterdir()) == []


def marked(path):
    """Return how many chunks of a store are finished."""
    if not path.exists():
        return 0
    marks = zarr.open_array(str(path / MARKS), mode="r", zarr_format=2)[:]
    return int((marks.sum(axis=1) > 0).sum())


def ended_by(signal_number, file, path):
    """Begin a sweep in a process of its own, and end it when some chunks are finished."""
    words = [sys.executable, "-m", "oihsim", "sweep", str(file), "-o", str(path), "--threads", "1"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 300.0
        while marked(path) < 2 and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        os.kill(process.pid, signal_number)
        message = process.stderr.read().decode()
    return process.returncode, message


LONGER = {**FIELDS, "vary": {"k_on": {**RATE, "number": 12}}, "keep": "summaries"}


@pytest.mark.slow
def test_a_sweep_that_was_killed_ends_as_if_it_had_not_been(tmp_path, call_oihsim):
    file, path = tmp_path / "sweep.yaml", tmp_path / "out.zarr"
    file.write_text(text_of(LONGER))
    code, _ = ended_by(signal.SIGKILL, file, path)
    assert code == -signal.SIGKILL
    assert 2 <= marked(path) < 12
    assert call_oihsim("sweep", str(file), "-o", str(path), "--resume")[0] == 0
    other = tmp_path / "uninterrupted.zarr"
    assert call_oihsim("sweep", str(file), "-o", str(other))[0] == 0
    same(xr.open_zarr(path).load(), xr.open_zarr(other).load())
    names = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
    for name in names:
        if not name.endswith((".zattrs", ".zmetadata")):
            # byte for byte, files and all
            assert (path / name).read_bytes() == (other / name).read_bytes(), name


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_is_reported_and_the_sweep_resumed(tmp_path, call_oihsim):
    file, path = tmp_path / "sweep.yaml", tmp_path / "out.zarr"
    file.write_text(text_of(LONGER))
    code, message = ended_by(signal.SIGINT, file, path)
    assert code == 1
    assert "interrupted:" in message
    assert "--resume continues it" in message
    assert "Traceback" not in message
    assert call_oihsim("sweep", str(file), "-o", str(path), "--resume")[0] == 0
    assert (xr.open_zarr(path)["status"] == 0).all()


def test_the_command_prints_what_became_of_it(tmp_path, call_oihsim, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rates.yaml").write_text(text_of({**FIELDS, "chunk": 1000}))
    code, out, err = call_oihsim("sweep", "rates.yaml", "--json", "--threads", "1")
    printed = json.loads(out)
    assert code == 0
    assert (printed["file"], printed["runs"], printed["finished"]) == ("rates.zarr", 32, 32)
    assert "sweep: 32 runs" in err
    assert "on disk" in err
    code, out, _ = call_oihsim("sweep", "rates.yaml", "--resume")
    assert code == 0
    assert "32 of 32 runs" in out
    assert "not for dosing decisions" in " ".join(out.split())
    code, _, err = call_oihsim("sweep", "rates.yaml")
    assert code == 2
    assert "--resume" in err


def test_failed_points_end_the_command_with_1(tmp_path, call_oihsim, monkeypatch):
    monkeypatch.chdir(tmp_path)
    vary = {"p0": {"of": "nociception.p0", "values": [4.0, 40.0]}}
    (tmp_path / "pain.yaml").write_text(text_of(sweep_fields(vary=vary)))
    code, out, err = call_oihsim("sweep", "pain.yaml", "--threads", "1")
    assert code == 1
    assert "6 of 12 runs" in out
    assert "p0 40.0" in err
    assert "nociception.p0" in err


@pytest.mark.slow
def test_an_estimate_says_time_memory_and_disk_and_writes_nothing(tmp_path, call_oihsim):
    file = tmp_path / "sweep.yaml"
    file.write_text(text_of({**FIELDS, "subjects": 500}))
    code, out, _ = call_oihsim("sweep", str(file), "--estimate", "--threads", "1")
    assert code == 0
    assert "sweep: 4,000 runs" in out
    assert all(word in out for word in ("about", "per second, 1 thread", "memory", "on disk"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sweep.yaml"]


def test_without_its_libraries_the_command_says_what_to_install(tmp_path, call_oihsim, monkeypatch):
    (tmp_path / "rates.yaml").write_text(text_of(FIELDS))
    monkeypatch.setattr(store, "find_spec", lambda name: None if name == "zarr" else name)
    code, _, err = call_oihsim("sweep", str(tmp_path / "rates.yaml"))
    assert code == 2
    assert "pip install 'oihsim[sweep]'" in err


def test_check_tells_what_a_sweep_file_is(tmp_path, call_oihsim):
    (tmp_path / "rates.yaml").write_text(text_of(FIELDS))
    code, out, _ = call_oihsim("check", str(tmp_path / "rates.yaml"))
    assert (code, out.endswith("ok, sweep: points 4, draws 1, subjects 4\n")) == (0, True)
    (tmp_path / "rates.yaml").write_text(text_of({**FIELDS, "subjects": 0}))
    assert call_oihsim("check", str(tmp_path / "rates.yaml"))[0] == 2
