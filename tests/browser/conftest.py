"""One browser and one event loop for all tests here that are coroutines."""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.chromium import Browser, browser
from playertrack.testing.clips import make_clip


@pytest.fixture(scope="session")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def chromium(runner: asyncio.Runner) -> Iterator[Browser]:
    if shutil.which("chromium") is None and "CI" not in os.environ:
        pytest.skip("there is no chromium: `make players` as root, or apt-get install chromium")
    running = browser()
    yield runner.run(running.__aenter__())
    runner.run(running.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clips of two seconds, and a tone of eight, which is half a megabyte."""
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "clip.webm", 2.0)
    make_clip(folder / "silent.webm", 2.0, sound=False)
    with wave.open(str(folder / "tone.wav"), "wb") as tone:
        tone.setparams((1, 2, 32_000, 0, "NONE", ""))
        tone.writeframes(bytes(range(256)) * 2000)
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    runner: asyncio.Runner = pyfuncitem._request.getfixturevalue("runner")
    names = inspect.signature(pyfuncitem.obj).parameters
    runner.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True
