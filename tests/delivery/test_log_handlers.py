"""Log handlers of the program that fail end no delivery (wire, 5: Q-live)."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest
from fault_server import Answer, Received, Server, ok
from sending import event, events, indices, sink_for, until

from playertrack import _log


@pytest.mark.parametrize("failure", [ValueError("full"), SystemExit(1), None])
def test_a_log_handler_that_fails_or_hangs_ends_no_delivery(
    failure: BaseException | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_log, "_PATIENCE", 0.05)
    over = threading.Event()
    said: list[str] = []

    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())
            if failure is not None:
                raise failure
            over.wait()

    def answer(request: Received) -> Answer:
        return ok("nope", "503 Busy") if request.number < 3 else ok()

    handler = Failing()
    logging.getLogger("playertrack").addHandler(handler)
    try:
        with Server(answer) as server:
            sink = sink_for(server, tmp_path / "queue")
            for each in events(5):
                sink.emit(each)
            assert sink.flush(20.0)
            (tmp_path / "queue").rename(tmp_path / "elsewhere")
            sink.emit(event(6))
            assert sink.close(20.0)
            assert set(indices(server.received)) == {1, 2, 3, 4, 5, 6}
        if failure is None:
            assert len(said) == 1
            over.set()
            until(lambda: len(said) > 1)  # nothing was left out
    finally:
        over.set()
        logging.getLogger("playertrack").removeHandler(handler)
    if failure is not None:
        assert f"a log handler failed: {failure!r}" in capsys.readouterr().err
