"""From LLVM IR to functions that can be called, with a cache of compiled code.

llvmlite is optional: `available` says whether it is there, and why not.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tcpmodel import __version__
from tcpmodel.core import known
from tcpmodel.core.errors import EngineError

KEPT = 500
"""How many compiled files are kept."""


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

    def cached(self, text: str | Callable[[], str], key: str = "") -> bytes:
        """As `compile`, but what was compiled before is read from the cache.

        key: names all that the text depends on; then it is made only if it has to be compiled.
        """
        import llvmlite

        made = text if isinstance(text, str) else "" if key else text()
        level = f"{self.level} {self.passes}"
        stamp = (__version__, llvmlite.__version__, _processor(), level, key, made)
        file = cache_folder() / f"{known.digest(*stamp)}.o"
        code = known.load(file)
        if code is None:
            code = self.compile(made or (text if isinstance(text, str) else text()))
            known.keep(file, code, KEPT)
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


def cache_folder() -> Path:
    """Where compiled code is kept."""
    return known.folder("native")
