"""From LLVM IR to functions that can be called, with a cache of compiled code.

llvmlite is optional: `available` says whether it is there, and why not.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tcpmodel import __version__
from tcpmodel.core.errors import EngineError

DIGEST = hashlib.sha256().digest_size
KEPT = 500
"""How many compiled files the cache keeps; the oldest go first."""


def available() -> bool:
    """Whether native code can be made: llvmlite is installed."""
    return find_spec("llvmlite") is not None


@dataclass(frozen=True)
class Machine:
    """Compiles for the processor at hand.

    level: of optimisation by the code generator, from 0 (quick) to 3.  passes: whether LLVM's usual
    passes are run before; for the long straight functions of a model they are not worth their time.
    """

    level: int
    passes: bool = False

    @property
    def _target(self) -> Any:
        return _target_machine(self.level)

    def compile(self, text: str) -> bytes:
        """The object code of LLVM IR; raises `EngineError` if LLVM does not take it."""
        import llvmlite.binding as llvm

        try:
            module = llvm.parse_assembly(text)
            module.verify()
        except RuntimeError as error:
            raise EngineError(f"LLVM refuses the generated code: {error}") from None
        target = self._target
        if self.passes:
            options = llvm.create_pipeline_tuning_options(speed_level=self.level)
            builder = llvm.create_pass_builder(target, options)
            builder.getModulePassManager().run(module, builder)
        code: bytes = target.emit_object(module)
        return code

    def cached(self, text: str) -> bytes:
        """As `compile`, but what was compiled before is read from the cache."""
        import llvmlite

        stamp = (
            __version__,
            llvmlite.__version__,
            _processor(),
            f"{self.level} {self.passes}",
            text,
        )
        name = hashlib.sha256("\0".join(stamp).encode()).hexdigest()
        file = cache_folder() / f"{name}.o"
        known = _read(file)
        if known is not None:
            return known
        code = self.compile(text)
        _write(file, code)
        return code


@dataclass
class Library:
    """Functions from object code; they live as long as this value does."""

    code: bytes
    _engine: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        import llvmlite.binding as llvm

        # The engine comes to own its target machine, which cannot be shared therefore.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _new_target_machine(0))
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(self.code))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where the function `name` begins."""
        address: int = self._engine.get_function_address(name)
        if not address:
            raise EngineError(f"the compiled code has no function {name!r}")
        return address

    def function(self, name: str, result: Any, *arguments: Any) -> Any:
        """The function `name` as one that can be called, by its ctypes signature."""
        function = ctypes.CFUNCTYPE(result, *arguments)(self.address(name))
        function.library = self  # type: ignore[attr-defined]  # lives as long as the function
        return function


@cache
def _target_machine(level: int) -> Any:
    return _new_target_machine(level)


def _new_target_machine(level: int) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=level, jit=True
    )


@cache
def _processor() -> str:
    import llvmlite.binding as llvm

    return f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()}"


# --- the cache ----------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where compiled code is kept: below XDG_CACHE_HOME, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tcpmodel" / "native"


def _read(file: Path) -> bytes | None:
    """The code in a file of the cache, or None if it is not there or not whole."""
    try:
        data = file.read_bytes()
    except (OSError, RuntimeError):
        return None
    code = data[DIGEST:]
    return code if code and hashlib.sha256(code).digest() == data[:DIGEST] else None


def _write(file: Path, code: bytes) -> None:
    """Keep code for the next time; a cache that cannot be written is no error."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(hashlib.sha256(code).digest() + code)
        Path(part.name).replace(file)
        files = sorted(file.parent.glob("*.o"), key=lambda f: f.stat().st_mtime)
        for old in files[:-KEPT]:
            old.unlink()
    except OSError:
        return
