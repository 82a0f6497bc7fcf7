"""The library of files: read in the background, each session derived again when it is selected."""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import attrs

from ..core.context import Diagnostic
from ..errors import PlayertrackError
from ..policy import Policy
from ..timeline.from_log import row_of
from ..timeline.listing import EventItem, event_items, item_of
from ..timeline.observer import Observer
from ..trace.codec import OnBad
from ..trace.lint import Finding, Lint
from .detail import Detail, SignalItem
from .indexing import index_events, index_signals
from .library import Library
from .rows import SessionRow
from .sources import Source

#: Sessions whose detail is kept.
_RECENT = 8


class FileLibrary(Library):
    """The sessions of ``sources``; ``on_bad`` takes lines that are left out, None stops at one.

    Reading goes on in a thread after `start`; `loaded` waits for its end.
    """

    def __init__(
        self, sources: Sequence[Source], policy: Policy | None = None, on_bad: OnBad | None = None
    ) -> None:
        super().__init__()
        self.title = sources[0].name if len(sources) == 1 else f"{len(sources)} files"
        self._rows: list[SessionRow] = []
        self.problems: list[str] = []
        self._sources = sources
        self._policy = policy or Policy()
        self._on_bad = on_bad
        self._places = array("l")  # of each row, the number of its source
        self._first: dict[str, int] = {}
        self._details: OrderedDict[int, Detail] = OrderedDict()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="playertrack-view", daemon=True)

    @property
    def rows(self) -> Sequence[SessionRow]:
        """The sessions read so far."""
        return self._rows

    def start(self) -> None:
        """Begin to read."""
        self.note = "reading"
        self._thread.start()

    def loaded(self, seconds: float) -> bool:
        """Wait until all is read, for so many seconds at most; True if it is."""
        return self._done.wait(seconds)

    def stop(self) -> None:
        """Read no more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    # -------------------------------------------------------------------------- reading

    def _run(self) -> None:
        for number, source in enumerate(self._sources):
            if self._stopped.is_set():
                break
            try:
                self._read(number, source)
            except (PlayertrackError, OSError) as error:
                self.problems.append(str(error))
        self.note = ""
        self._done.set()
        self.changed()

    def _read(self, number: int, source: Source) -> None:
        index = index_events if source.log else index_signals

        def take(row: SessionRow) -> None:
            self._take(row, number)

        index(source, self._policy, take, self._on_bad, lambda count: self._progress(source, count))

    def _take(self, row: SessionRow, source: int) -> None:
        number = len(self._rows)
        first = self._first.setdefault(row.session, number)
        if first != number:
            self._rows[first] = attrs.evolve(self._rows[first], twin=True)
        self._places.append(source)
        self._rows.append(attrs.evolve(row, number=number, twin=first != number))

    def _progress(self, source: Source, count: int) -> bool:
        """Report progress; True to stop reading."""
        self.note = f"reading {source.name}: {count:,} lines, {len(self.rows):,} sessions so far"
        self.changed(calm=True)
        return self._stopped.is_set()

    # -------------------------------------------------------------------------- a session

    def find(self, session: str, place: str) -> SessionRow | None:
        rows = self._rows
        if place.isascii() and place.isdigit() and int(place[:12]) < len(rows):
            if rows[int(place[:12])].session == session:
                return rows[int(place[:12])]
        first = self._first.get(session)
        return None if first is None else rows[first]

    def detail(self, row: SessionRow) -> Detail | None:
        with self._lock:
            found = self._details.get(row.number)
            if found is None:
                source = self._sources[self._places[row.number]]
                found = (_of_log if source.log else _of_trace)(source, row, self._policy)
                self._details[row.number] = found
                while len(self._details) > _RECENT:
                    self._details.popitem(last=False)
            return found


def _of_trace(source: Source, row: SessionRow, policy: Policy) -> Detail:
    said: list[Diagnostic] = []
    observer = Observer(policy, said.append)
    signals: list[SignalItem] = []
    diagnostics: list[Diagnostic] = []
    for line, (player, signal) in source.signals_of(row.player):
        observer.feed(line, player, signal)
        if observer.session(player) in (row.session, None):
            signals.append(SignalItem(line=line, player=player, signal=signal))
            diagnostics += said
        said.clear()
    timeline = observer.timeline()
    picture = next(
        (each for each in timeline.rows if each.summary.session == row.session),
        None,
    )
    return Detail(
        session=row.session,
        row=picture,
        start=row.start if picture is None else picture.start,
        events=() if picture is None else tuple(event_items(picture.explanation.entries)),
        missing=() if picture is None else picture.explanation.missing,
        signals=tuple(signals),
        diagnostics=tuple(diagnostics),
        source=source.name,
    )


def _of_log(source: Source, row: SessionRow, policy: Policy) -> Detail:
    records = list(source.events_of(row.session))
    lint, findings = Lint(policy), list[Finding]()
    for line, record in records:
        findings += lint.add(line, record)
    findings += lint.end()
    picture = row_of(records, policy.milestones)
    items = [item_of(each.event, each.line) for each in picture.explanation.entries]
    return Detail(
        session=row.session,
        row=picture,
        start=picture.start,
        events=tuple(_judged(items, findings)),
        missing=picture.explanation.missing,
        findings=tuple(f"line {each.line}: [{each.rule}] {each.message}" for each in findings),
        source=source.name,
    )


def _judged(items: Iterable[EventItem], findings: Sequence[Finding]) -> Iterable[EventItem]:
    for item in items:
        found = tuple(
            f"[{each.rule}] {each.message}" for each in findings if each.line == item.line
        )
        yield attrs.evolve(item, findings=found)
