"""Machine code in the cache: made once, found by other processes, made again when damaged."""

import hashlib
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from machine_code import same_bits

from oihsim.engine.compiled_model import Model
from oihsim.engine.lanes import kernel, object_code
from oihsim.engine.lanes.object_code import cached, compiled
from oihsim.model.mechanism import Mechanism
from oihsim.model.parameter import Output, Parameter, State

SOURCE = "define double @f(double %x) {\n  %y = fadd double %x, 1.5\n  ret double %y\n}\n"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OIHSIM_CACHE", str(tmp_path))
    return tmp_path


class Source:
    """Text of a module that counts how often it is written."""

    def __init__(self):
        self.written = 0

    def __call__(self):
        self.written += 1
        return SOURCE


def kept(folder):
    return sorted(path for path in folder.iterdir() if path.suffix == ".o")


def test_code_is_made_once_and_kept_whole(cache):
    source = Source()
    first = cached("key", source)
    assert cached("key", source) == first == compiled(SOURCE)
    assert source.written == 1
    (path,) = kept(cache)
    text = path.read_bytes()
    assert text == hashlib.sha256(first).digest() + first
    assert list(cache.iterdir()) == [path]


def test_another_key_is_another_file(cache):
    source = Source()
    cached("one", source)
    cached("two", source)
    assert source.written == 2
    assert len(kept(cache)) == 2


def test_another_processor_or_compiler_is_another_file(cache, monkeypatch):
    source = Source()
    cached("key", source)
    monkeypatch.setattr(object_code, "processor", lambda: "another one")
    cached("key", source)
    assert source.written == 2
    assert len(kept(cache)) == 2


def turned(text, at):
    return text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]


DAMAGE = {
    "cut off": lambda text: text[: len(text) // 2],
    "empty": lambda _: b"",
    "shorter than its checksum": lambda text: text[:20],
    "a bit of the code": lambda text: turned(text, len(text) // 2),
    "a bit of the checksum": lambda text: turned(text, 3),
    "the last bit": lambda text: turned(text, len(text) - 1),
    "something else": lambda _: b"\x7fELF" + bytes(500),
    "longer": lambda text: text + b"\0",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_damaged_code_is_made_again(cache, how):
    source = Source()
    good = cached("key", source)
    (path,) = kept(cache)
    intact = path.read_bytes()
    path.write_bytes(DAMAGE[how](intact))
    assert cached("key", source) == good
    assert source.written == 2
    assert path.read_bytes() == intact


def test_a_folder_in_the_place_of_the_code_is_left_alone(cache):
    source = Source()
    cached("key", source)
    (path,) = kept(cache)
    path.unlink()
    path.mkdir()
    assert cached("key", source) == compiled(SOURCE)
    assert path.is_dir()
    assert [path.name for path in cache.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize("inside", [False, True])
def test_without_a_cache_code_is_made_all_the_same(tmp_path, monkeypatch, inside):
    file = tmp_path / "file"
    file.write_text("no folder")
    monkeypatch.setenv("OIHSIM_CACHE", str(file / "deeper" if inside else file))
    assert cached("key", Source()) == compiled(SOURCE)
    assert file.read_text() == "no folder"


def test_threads_that_want_the_same_code_get_it_whole(cache):
    with ThreadPoolExecutor(4) as pool:
        objects = set(pool.map(lambda _: cached("key", lambda: SOURCE), range(12)))
    assert objects == {compiled(SOURCE)}
    assert len(list(cache.iterdir())) == 1


def test_the_same_source_gives_the_same_code():
    assert compiled(SOURCE) == compiled(SOURCE)


def test_wrong_source_is_not_kept(cache):
    with pytest.raises(RuntimeError):
        cached("key", lambda: "define double @f( {")
    assert list(cache.iterdir()) == []


def slow(A, k):
    return -k * A


def fast(A, k):
    return -k * A * A


def twice(A):
    return 2.0 * A


def decay(rates=slow, value=0.5):
    """Return a small model of its own."""
    return Model(
        [
            Mechanism(
                "decay", "loss", rates=rates,
                states=[State("A", "amount", 1.0, "1", "amount left")],
                outputs=[Output("B", "twice", "1", "twice the amount", twice)],
                parameters=[Parameter("k", value, "1/h", "rate of loss")],
            )
        ]
    )  # fmt: skip


def files_after(cache, model, **options):
    before = set(kept(cache))
    model.generator.kernels(**options)
    return set(kept(cache)) - before


@pytest.mark.slow
def test_kernels_are_kept_by_what_they_compute(cache, monkeypatch):
    assert len(files_after(cache, decay(), width=8)) == 1
    assert len(files_after(cache, decay(), width=8)) == 0
    assert len(files_after(cache, decay(), width=1)) == 1
    assert len(files_after(cache, decay(value=0.7), width=8)) == 0
    assert len(files_after(cache, decay(fast), width=8)) == 1
    for method in kernel.METHODS[1:]:
        assert len(files_after(cache, decay(), method=method, width=8)) == 1
    text = kernel.generator_text()
    monkeypatch.setattr(kernel, "generator_text", lambda: text + "# a change of the generator")
    assert len(files_after(cache, decay(), width=8)) == 1


def test_the_text_of_the_generator_is_all_of_it():
    folder = Path(kernel.__file__).parent
    # these decide how code is kept, loaded and put together, not what it computes
    apart = {"__init__", "kernel", "object_code"}
    assert {path.stem for path in folder.glob("*.py")} - apart == set(kernel.MODULES)


def test_a_model_whose_equations_change_computes_the_new_ones():
    hours = [0.0, 1.0, 4.0]
    for rates, exact in ((slow, np.exp(-0.5 * np.array(hours))),
                         (fast, 1.0 / (1.0 + 0.5 * np.array(hours)))):  # fmt: skip
        model = decay(rates)
        states = model.run(model.typical(1), hours, rtol=1e-10, threads=1).y[0, :, 0]
        np.testing.assert_allclose(states, exact, atol=1e-9)


def test_models_loaded_side_by_side_keep_their_own_code(cache):
    slow_code, fast_code = (
        decay().generator.kernels(width=8),
        decay(fast).generator.kernels(width=8),
    )
    assert set(slow_code.addresses).isdisjoint(fast_code.addresses)
    assert len(set(slow_code.addresses)) == len(slow_code.addresses)


SCRIPT = textwrap.dedent(
    """
    import sys
    sys.path[:0] = {folders!r}
    from oihsim.engine.lanes import object_code
    {before}
    from test_object_code import decay
    model = decay()
    kernels = model.generator.kernels(width=1)
    print(all(kernels.addresses))
    """
)
NO_COMPILER = """
def refused(source):
    raise AssertionError("compiled again")
object_code.compiled = refused
"""


def python(text, cache):
    folders = [str(Path(__file__).parent), *[path for path in sys.path if path]]
    script = text.replace("{folders!r}", repr(folders))
    return subprocess.run(
        [sys.executable, "-c", script], env=os.environ | {"OIHSIM_CACHE": str(cache)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_another_process_finds_the_code(cache):
    decay().generator.kernels(width=1)
    process = python(SCRIPT.replace("{before}", NO_COMPILER), cache)
    assert process.stdout == "True\n", process.stderr
    for path in kept(cache):
        path.unlink()
    process = python(SCRIPT.replace("{before}", NO_COMPILER), cache)
    assert "compiled again" in process.stderr


RUN = textwrap.dedent(
    """
    import sys
    sys.path[:0] = {folders!r}
    from test_object_code import decay
    model = decay()
    run = model.run(model.typical(3), [0.0, 1.0, 4.0], threads=1)
    sys.stdout.write(run.y.tobytes().hex())
    """
)


@pytest.mark.slow
def test_a_run_in_a_process_without_a_cache_gives_the_same_numbers(tmp_path):
    """It compiles for itself alone, the driver too, and says nothing."""
    file = tmp_path / "file"
    file.write_text("no folder")
    process = python(RUN, file)
    assert process.stderr == ""
    expected = decay().run(decay().typical(3), [0.0, 1.0, 4.0], threads=1).y
    assert same_bits(np.frombuffer(bytes.fromhex(process.stdout)).reshape(expected.shape), expected)


@pytest.mark.slow
def test_two_processes_that_start_together_share_a_cache(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: python(RUN, tmp_path), range(2))
    assert first.stdout == second.stdout != ""
    assert list(tmp_path.glob("*.part")) == []
