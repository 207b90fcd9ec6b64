"""Every test starts without verdicts from before, and with the code that is compiled already."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tcpmodel.semantics.jit import cache_folder


@pytest.fixture(autouse=True)
def no_verdicts_from_before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the test's own."""
    code = cache_folder()
    code.mkdir(parents=True, exist_ok=True)
    place = tmp_path_factory.mktemp("cache")
    (place / "tcpmodel").mkdir()
    (place / "tcpmodel" / "native").symlink_to(code)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place))
        yield
