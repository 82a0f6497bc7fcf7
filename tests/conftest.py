"""Shared by all tests: a clip to play, and how long the properties look for a counterexample.

``--hypothesis-profile=long`` looks for hours.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeGuard

import pytest
from hypothesis import settings

from playertrack.testing.clips import make_clip
from playertrack.testing.media import MediaServer, serving

pytest.register_assert_rewrite(
    "playertrack.testing.scenarios",
    "playertrack.testing.streaming",
    "playertrack.testing.witness",
)

settings.register_profile("long", deadline=None, max_examples=20_000, print_blob=True)
# Enough to find what a mutant changes everywhere; the tables find the rest.
settings.register_profile("few", deadline=None, max_examples=10, derandomize=True, database=None)

#: So many scenarios of real players run at once: most of the time they only wait.
_AT_ONCE = 12

#: How long (s) one is waited for; less than the time that pytest gives a test.
_PATIENCE = 100.0


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MediaServer]:
    """A server of what real players stream."""
    root = tmp_path_factory.mktemp("site")
    (root / "hls").mkdir()
    make_clip(root / "clip.mp4", 6.0, noise=True, options={"movflags": "+faststart"})
    for name, seconds in (("clip", 8.0), ("long", 40.0)):
        hls = {"hls_time": "2", "hls_list_size": "0", "hls_playlist_type": "vod"}
        make_clip(root / "hls" / f"{name}.m3u8", seconds, codec="libx264", options=hls)
    make_clip(root / "clip.ts", 12.0, noise=True)
    with serving(root) as server:
        yield server


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of picture and sound, for real players."""
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 6.0)


@pytest.fixture(scope="session")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the same."""
    return make_clip(tmp_path_factory.mktemp("brief") / "brief.mp4", 2.0)


@pytest.fixture(scope="session")
def chaptered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds, with chapters at 0, 2 and 4 s."""
    return make_clip(
        tmp_path_factory.mktemp("clip") / "chaptered.mkv", 6.0, chapters=(0.0, 2.0, 4.0)
    )


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds, whose index comes first."""
    path = tmp_path_factory.mktemp("media") / "clip.mp4"
    return make_clip(path, 12.0, options={"movflags": "faststart"})


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds."""
    return make_clip(tmp_path_factory.mktemp("media") / "short.mp4", 2.0)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[logging.LogRecord]]:
    """The library's log in this test; asyncio also logs what earlier ones left."""
    return lambda: [record for record in caplog.records if record.name == "playertrack"]


class _Scenarios:
    """Runs the conformance tests of a file beside each other, from the first one on.

    Its threads do not outlive the tests: a player that hangs costs its own test and no more.
    """

    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._queue: SimpleQueue[tuple[Future[None], Callable[[], None]]] = SimpleQueue()
        self._threads: list[Thread] = []
        self._runs: dict[str, Future[None]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        if not _is_scenario(pyfuncitem):
            return None
        if pyfuncitem.nodeid not in self._runs:
            for item in self._session.items:
                if _is_scenario(item) and item.path == pyfuncitem.path:
                    run = getattr(item.cls(), item.originalname)
                    self._runs[item.nodeid] = Future()
                    self._queue.put((self._runs[item.nodeid], run))
            while len(self._threads) < _AT_ONCE:
                self._threads.append(Thread(target=self._work, daemon=True))
                self._threads[-1].start()
        self._runs[pyfuncitem.nodeid].result(_PATIENCE)
        return True

    def _work(self) -> None:
        while True:
            future, run = self._queue.get()
            try:
                run()
            except BaseException as error:  # the test that waits for it raises it
                future.set_exception(error)
            else:
                future.set_result(None)

    def pytest_sessionfinish(self) -> None:
        """Begin no more, and let those that run come to their end if they do so soon."""
        try:
            while True:
                self._queue.get_nowait()[0].cancel()
        except Empty:
            pass
        for run in self._runs.values():
            if not run.done():
                with suppress(TimeoutError):
                    run.exception(5.0)


def _is_scenario(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return isinstance(item, pytest.Function) and getattr(item.cls, "beside_each_other", False)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what must be alone: where I/O is forbidden, the interpreter is not as it was.

    That comes last. First comes what has a time limit of its own: it takes long, and no worker
    is to wait for it in the end.
    """
    for item in items:
        if "no_io" in vars(getattr(item, "module", None) or object):
            item.add_marker("alone")
    items.sort(
        key=lambda item: (
            item.get_closest_marker("alone") is not None,
            item.get_closest_marker("timeout") is None,
        )
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where nothing may be skipped, a test that is skipped fails."""
    report = yield
    if report.skipped and "CI" in os.environ and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole file."""
    report = yield
    if report.skipped and "CI" in os.environ:
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr}"
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    # A worker has this from pytest-xdist; commands would wrap their lines to it.
    os.environ.pop("COLUMNS", None)
    # In the background of a shell it is ignored, also by all programs that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    session.config.pluginmanager.register(_Scenarios(session))
