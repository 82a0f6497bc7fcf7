"""The adapter that the guide writes, through the scenarios of every adapter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from playertrack import Fleet, signals
from playertrack.testing import toyplayer
from playertrack.testing.witness import Witness

GUIDE = Path(__file__).parents[2] / "docs" / "adapters.md"
CODE = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL))

# Among the names of this module, so that pytest finds the class of tests which is part of it.
GUIDED: dict[str, Any] = globals()
exec(compile(CODE, str(GUIDE), "exec"), GUIDED)


@pytest.fixture(autouse=True, scope="session")
def _video(video: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    brief = tmp_path_factory.mktemp("toy") / "brief.mp4"
    GUIDED["TestToy"].video = GUIDED["TestToyBystander"].video = str(video)
    GUIDED["TestToyBystander"].brief = toyplayer.make_video(brief, 2.0)


GUIDED["TestToy"].beside_each_other = GUIDED["TestToyBystander"].beside_each_other = True


def test_recording_of_the_guides_adapter_gives_the_same_events(video: Path, tmp_path: Path) -> None:
    raw, player = tmp_path / "raw.jsonl", toyplayer.Player()
    with Witness() as witness, GUIDED["track"](player, witness.tracker, record_raw=raw) as binding:
        binding.load(str(video))
        binding.play()
        witness.until("PLAY")
        binding.seek(5.0)
        witness.until("PLAY_REACHED_100")
    player.release()
    translator = GUIDED["Translator"]()
    records = [json.loads(line) for line in raw.read_text().splitlines()]
    fleet = Fleet(policy=translator.policy)
    events = [e for r in records for s in translator.translate(r) for e in fleet.feed(None, s)]
    assert [event.event for event in events if event.event != "VIEW"] == witness.names


def test_listener_of_the_program_stays(video: Path) -> None:
    player, reported = toyplayer.Player(), list[str]()
    player.callbacks.append(lambda name, value: reported.append(name))
    with Witness() as witness, GUIDED["track"](player, witness.tracker):
        player.open(str(video))
        player.play()
        witness.until_signal("playing")
    player.stop()
    player.release()
    assert reported == ["opening", "opened", "playing", "stopped", "released"]
    stops = [signal for signal in witness.signals if isinstance(signal, signals.Stop)]
    assert len(stops) == 1, "the one that ends the session, and nothing after it"


@pytest.mark.parametrize(
    ("right", "wrong", "failing"),
    [
        ("speed=self._player.speed", "speed=1.0", "test_rate"),
        ("self._note_media(value)", "pass", "test_next_media_is_called_as_was_said"),
        ("[signals.Seek(at=at, position=record.position)]", "[]", "test_small_skip"),
        ("self._note_media(self._player.media)", "pass", "test_attached_late"),
    ],
)
def test_binding_that_misses_what_the_program_does_fails(
    video: Path, right: str, wrong: str, failing: str
) -> None:
    assert right in CODE
    broken: dict[str, Any] = {}
    exec(compile(CODE.replace(right, wrong), str(GUIDE), "exec"), broken)
    bystander = broken["TestToyBystander"]
    bystander.video, bystander.timeout = str(video), 2.5
    with pytest.raises(AssertionError):
        getattr(bystander(), failing)()
