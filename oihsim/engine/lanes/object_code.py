"""Machine code of a kernel: compiled once for this processor, kept in the cache, loaded at once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import llvmlite
from llvmlite import binding

from oihsim.model.generated_module import cache_directory, write_bytes_atomically


@cache
def _target() -> binding.TargetMachine:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple())
    return target.create_target_machine(
        cpu=binding.get_host_cpu_name(), features=_features(), opt=2, reloc="pic",
        codemodel="small", jit=True,
    )  # fmt: skip


@cache
def _features() -> str:
    features = binding.get_host_cpu_features()
    # a processor with the wide instructions uses them for eight doubles
    return str(features.flatten()) + (",-prefer-256-bit" if features.get("avx512f") else "")


def processor() -> str:
    """Return what machine code depends on besides its source."""
    return f"{binding.get_host_cpu_name()} {_features()} llvmlite {llvmlite.__version__}"


def compiled(source: str) -> bytes:
    """Compile a module to an object file."""
    machine = _target()
    module = binding.parse_assembly(source)
    module.verify()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = False
    options.loop_unrolling = False
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


def cached(key: str, write: Callable[[], str]) -> bytes:
    """Return the object file of a key, from the cache or made now from what ``write`` returns.

    A file that was damaged is made again.
    """
    digest = hashlib.sha256(f"{key}\n{processor()}".encode()).hexdigest()
    path = cache_directory() / f"kernel_{digest[:24]}.o"
    try:
        text = path.read_bytes()
        if hashlib.sha256(text[32:]).digest() == text[:32]:
            return text[32:]
    except OSError:
        pass
    made = compiled(write())
    # without a cache folder it is made again next time
    with suppress(OSError):
        write_bytes_atomically(path, hashlib.sha256(made).digest() + made)
    return made


_engines: list[binding.ExecutionEngine] = []


def addresses(text: bytes, names: tuple[str, ...]) -> tuple[int, ...]:
    """Load an object file for the rest of the process; return where its functions are."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_triple(binding.get_process_triple()).create_target_machine(
        jit=True
    )
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    engine.add_object_file(binding.ObjectFileRef.from_data(text))
    engine.finalize_object()
    _engines.append(engine)
    return tuple(engine.get_function_address(name) for name in names)
