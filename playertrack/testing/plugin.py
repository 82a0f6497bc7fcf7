"""The pytest plugin: the kit's fixtures, and golden traces.

pytest loads it in every run, so it imports nothing of playertrack until a test asks for it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from ..policy import Policy
    from .bench import Bench
    from .network import Network
    from .script import ScriptedPlayer

_MARK = "playertrace"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--playertrack-update`` and ``--playertrack-pictures``."""
    parser.getgroup("playertrack").addoption(
        "--playertrack-pictures",
        metavar="DIR",
        help="for each failed assertion of playertrack.testing, and each golden trace that "
        "differs, write a page with the expected and the actual timeline to DIR",
    )
    parser.getgroup("playertrack").addoption(
        "--playertrack-update",
        action="store_true",
        help="write the golden traces of the tests marked with playertrace, instead of comparing "
        "them",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(path, tolerance=0.25): compare what playertrack_bench or playertrack_player "
        "played with the golden trace at path, relative to the test's file; times and positions "
        "may differ by tolerance seconds",
    )


@pytest.fixture
def playertrack_policy() -> Policy:
    """The policy of playertrack_bench and playertrack_player; override it to use another."""
    from ..policy import Policy

    return Policy()


@pytest.fixture
def playertrack_player(playertrack_policy: Policy) -> ScriptedPlayer:
    """A scripted player of 100 s."""
    from .script import ScriptedPlayer

    return ScriptedPlayer(policy=playertrack_policy)


@pytest.fixture
def playertrack_bench(playertrack_policy: Policy) -> Iterator[Bench]:
    """A tracker that keeps its events, with a clock that the test controls."""
    from .bench import Bench

    with Bench(playertrack_policy) as bench:
        yield bench


@pytest.fixture
def playertrack_collector() -> Iterator[Network]:
    """A server on this machine that receives and checks events; it can go offline or be flaky."""
    from .network import Network

    with Network() as network:
        yield network


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Hold a test that passed and is marked against its golden trace."""
    __tracebackhide__ = True
    try:
        result = yield
    except AssertionError as error:
        _picture(item, error)
        raise
    similar = item.get_closest_marker("playertrack")
    if similar is not None and similar.args:
        _fail(f"the mark of a golden trace is {_MARK}, not playertrack")
    mark = item.get_closest_marker(_MARK)
    # unittest keeps the failure of a test there, and does not raise it.
    if mark is not None and not getattr(item, "_excinfo", None):
        problem = _golden(item, *_arguments(mark))
        if problem is not None:
            _fail(problem)
    return result


def _fail(problem: str) -> NoReturn:
    """Fail outside of any handler: pytest shows the text, once, and no traceback.

    This frame is not hidden: where all are, pytest says so.
    """
    pytest.fail(problem, pytrace=False)


def _arguments(mark: pytest.Mark) -> tuple[str, float | None]:
    """The path and the tolerance that a mark gives; fails if it does not give them."""

    def read(path: str, tolerance: float | None = None) -> tuple[str, float | None]:
        return path, tolerance

    try:
        path, tolerance = read(*mark.args, **mark.kwargs)
    except TypeError:
        path, tolerance = "", None
    right = isinstance(path, str) and isinstance(tolerance, (int, float, type(None)))
    if not path or not right:
        problem = f'the mark {_MARK} needs the path of a golden trace: {_MARK}("golden/x.jsonl")'
        _fail(f"{problem}, and may have a tolerance=0.25")
    return path, tolerance


def _golden(item: pytest.Item, path: str, tolerance: float | None) -> str | None:
    """How what was played differs from the golden trace; None if it does not, or is it now."""
    from . import golden

    used = getattr(item, "funcargs", {})
    played = used.get("playertrack_bench") or used.get("playertrack_player")
    if played is None:
        return f"a test with {_MARK} needs the fixture playertrack_bench or playertrack_player"
    if "playertrack_bench" in used:
        played.close()
    where = Path(item.path.parent, path)
    if item.config.getoption("--playertrack-update"):
        golden.write_golden(where, played)
        return None
    try:
        golden.compare(where, played, golden.TOLERANCE if tolerance is None else tolerance)
    except golden.GoldenError as error:
        _picture(item, error)
        return str(error)
    return None


def _picture(item: pytest.Item, error: AssertionError) -> None:
    """Leave a page of what was expected and what came, if that is wanted and known."""
    folder = item.config.getoption("--playertrack-pictures")
    if folder and hasattr(error, "playertrack"):
        from .pictures import leave

        where = leave(Path(folder), item.nodeid, error)
        item.add_report_section("call", "playertrack", f"picture: {where}")
