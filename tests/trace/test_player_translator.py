"""The common part of the translators of all players."""

from __future__ import annotations

from typing import Any, ClassVar, cast

import pytest

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.trace.recording import Command, Record, TranslationError, read
from playertrack.trace.translator import PlayerTranslator


class Words(PlayerTranslator):
    """A player whose records name a signal and have its position."""

    policy: ClassVar[Policy] = Policy()

    def _translate(self, record: dict[str, Any]) -> list[Signal]:
        command = cast("Command", read(record, Record, lambda _: Command))
        at, name = command.t, command.kind.removeprefix("app.")
        where: dict[str, Any] = {"position": command.args[0]} if command.args else {}
        match name:
            case "open":
                return [signals.Loaded(at=at, entry_id=str(command.args[0]))]
            case "length":
                return [signals.DurationChange(at=at, duration=float(command.args[0]))]
            case "error":
                return [signals.Error(at=at, code="bad")]
            case "ratechange":
                return [signals.RateChange(at=at, rate=record["rate"])]
        made: Signal = signals.SIGNALS[name](at=at, **where)
        return [made]


def translated(*records: tuple[float, str] | tuple[float, str, dict[str, Any]]) -> list[Signal]:
    """The signals of records after `ready`."""
    player = Words()
    made: list[Signal] = []
    for t, kind, *rest in records:
        fields = rest[0] if rest else {}
        made += player.translate({"t": t, "kind": kind, **fields})
    made += player.finish()
    assert made[0].name == "ready"
    return made[1:]


def to(*numbers: float | str, **fields: Any) -> dict[str, Any]:
    return {"args": list(numbers), **fields}


def shown(made: list[Signal]) -> list[tuple[str, float | None]]:
    return [(signal.name, signal.position) for signal in made]


def test_who_asked_is_on_the_next_seek_alone() -> None:
    made = translated(
        (1.0, "app.by", {"by": "player"}),
        (1.1, "timeupdate", to(1.0)),
        (1.2, "seeking", to(5.0)),
        (1.3, "seek", to(6.0)),
    )
    assert [getattr(signal, "by", "-") for signal in made] == ["-", "player", None]


def test_who_asked_is_forgotten_where_no_seek_comes() -> None:
    made = translated((1.0, "app.by", {"by": "player"}), (9.0, "seek", to(6.0)))
    assert [signal.by for signal in made if isinstance(signal, signals.Seek)] == [None]


def test_calls_of_a_block_are_one_seek() -> None:
    """As by a program that stops, plays and seeks to correct where it is."""
    made = translated(
        (1.0, "app.seeking", to(30.0, by="player")),
        (1.1, "stop"),
        (1.2, "play"),
        (1.3, "timeupdate", to(0.0)),
        (1.4, "seeking", to(30.0)),
        (1.5, "ret.seeking"),
        (1.6, "timeupdate", to(0.2)),
        (1.7, "seeked", to(30.0)),
        (1.8, "timeupdate", to(30.1)),
    )
    assert shown(made) == [
        ("seeking", 30.0),
        ("play", None),
        ("seeked", 30.0),
        ("timeupdate", 30.1),
    ]
    assert isinstance(made[0], signals.Seeking)
    assert made[0].by == "player"


@pytest.mark.parametrize("rate", [1.0, 2.0])
@pytest.mark.parametrize("anew", ["stop", "replay", "ended", "looped"])
def test_start_within_a_block_is_not_its_landing(anew: str, rate: float) -> None:
    """The target is near 0, and the calls return before the player has sought."""
    made = translated(
        (0.8, "ratechange", {"rate": rate}),
        (0.9, "timeupdate", to(9.0)),
        (1.0, "app.seeking", to(2.5)),
        (1.1, anew),
        (1.2, "ret.seeking"),
        (1.3, "timeupdate", to(0.0)),
        (1.6, "timeupdate", to(rate * 0.4)),
        (1.9, "timeupdate", to(2.4)),
    )
    assert shown(made)[2:] == [("seeking", 2.5), ("seeked", 2.4)]


def test_media_that_a_block_opens_anew_is_the_same_and_not_loaded_again() -> None:
    """As by a program whose player gives up its media when it stops."""
    made = translated(
        (0.0, "app.open", to("clip", part=[1.0, 11.0])),
        (0.9, "timeupdate", to(9.0)),
        (1.0, "app.seeking", to(3.5)),
        (1.1, "stop"),
        (1.2, "ret.seeking"),
        (1.2, "app.open", to("clip")),
        (1.3, "playing"),
        (1.4, "timeupdate", to(0.1)),
        (1.6, "seek", to(3.5)),
        (1.7, "app.open", to("clip")),
        (1.8, "timeupdate", to(1.5)),
    )
    assert shown(made) == [
        *(("loaded", None), ("timeupdate", 8.0)),
        *(("seeking", 2.5), ("playing", None), ("seeked", 2.5)),
        *(("loaded", None), ("timeupdate", 1.5)),
    ]


def test_block_lands_where_a_player_says_that_it_sought_or_cannot_be_by_itself() -> None:
    """On a key frame before the target, as players do."""
    for landed in ((1.3, "seeked", to(0.1)), (1.3, "timeupdate", to(1.2))):
        made = translated(
            (0.9, "timeupdate", to(9.0)),
            (1.0, "app.seeking", to(2.5)),
            (1.1, "stop"),
            (1.2, "ret.seeking"),
            landed,
        )
        assert shown(made)[1:] == [("seeking", 2.5), ("seeked", landed[2]["args"][0])]


def test_block_without_a_sign_of_its_end_ends_by_itself() -> None:
    made = translated(
        (1.0, "app.seeking", to(30.0)), (1.1, "ret.seeking"), (9.0, "timeupdate", to(2.0))
    )
    assert shown(made) == [("seeking", 30.0), ("seeked", 30.0)]
    made = translated((1.0, "app.seeking", to(30.0)), (1.1, "ret.seeking"))
    assert shown(made) == [("seeking", 30.0), ("seeked", 30.0)]


@pytest.mark.parametrize("rate", [1.0, 2.0])
def test_block_in_which_nothing_happens_is_forgotten_if_playback_goes_on(rate: float) -> None:
    updates = [(1.0 + n / 4, "timeupdate", to(5.0 + rate * n / 4)) for n in range(12)]
    made = translated(
        (0.9, "ratechange", {"rate": rate}),
        updates[0],
        (1.1, "app.seeking", to(9.0)),
        *updates[1:3],
        (1.6, "ret.seeking"),
        *updates[3:],
        (4.0, "seeking", to(2.0)),
    )
    assert shown(made)[1:] == [
        *(("timeupdate", 5.0 + rate * n / 4) for n in range(12)),
        ("seeking", 2.0),
    ]


def test_block_in_which_nothing_happens_in_a_pause_is_forgotten() -> None:
    made = translated(
        (1.0, "timeupdate", to(5.0)),
        (1.1, "pause"),
        (1.2, "app.seeking", to(9.0)),
        (1.2, "ret.seeking"),
        (2.3, "length", to(12.0)),
        (2.4, "play"),
    )
    assert [signal.name for signal in made] == ["timeupdate", "pause", "durationchange", "play"]


def test_seek_that_a_player_reports_after_the_block_is_its_own() -> None:
    made = translated(
        (1.0, "timeupdate", to(5.0)),
        (1.1, "app.seeking", to(7.0, by="page")),
        (1.1, "ret.seeking"),
        (1.2, "timeupdate", to(5.2)),
        (1.3, "seeking", to(7.0)),
        (1.4, "seeked", to(7.0)),
    )
    assert [getattr(signal, "by", None) for signal in made] == [None, None, "page", None]


def test_seek_that_shows_in_the_position_alone_is_that_of_the_block() -> None:
    made = translated(
        (1.0, "timeupdate", to(5.0)),
        (1.1, "app.seeking", to(20.0)),
        (1.1, "ret.seeking"),
        (1.2, "timeupdate", to(20.0)),
    )
    assert shown(made) == [("timeupdate", 5.0), ("seeking", 20.0), ("seeked", 20.0)]


@pytest.mark.parametrize("end", ["error", "close", "app.open"])
def test_what_ends_playback_ends_the_block(end: str) -> None:
    args = to("other") if end == "app.open" else {}
    made = translated(
        (1.0, "app.seeking", to(30.0)), (1.1, end, args), (1.2, "timeupdate", to(1.0))
    )
    assert [signal.name for signal in made][-2:] == [
        "loaded" if end == "app.open" else end,
        "timeupdate",
    ]


def test_end_of_the_media_in_a_block_is_one_once_the_calls_are_over() -> None:
    made = translated(
        (1.0, "app.seeking", to(30.0)), (1.1, "ended"), (1.2, "ret.seeking"), (1.3, "ended")
    )
    assert shown(made) == [("seeking", 30.0), ("ended", None)]


def test_part_of_a_file_is_the_content() -> None:
    made = translated(
        (0.0, "app.open", to("clip", part=[2.0, 5.0])),
        (0.1, "length", to(12.0)),
        (0.2, "timeupdate", to(2.5)),
        (0.3, "seek", to(4.0)),
        (0.4, "timeupdate", to(1.0)),
        (0.5, "app.open", to("all")),
        (0.6, "length", to(12.0)),
        (0.7, "timeupdate", to(2.5)),
    )
    assert [signal.position for signal in made if signal.position is not None] == [
        *(0.5, 2.0, 0.0),
        2.5,
    ]
    lengths = [s.duration for s in made if isinstance(s, signals.Loaded | signals.DurationChange)]
    assert lengths == [3.0, 3.0, None, 12.0]


def test_part_without_an_end_goes_to_that_of_the_file() -> None:
    made = translated((0.0, "app.open", to("clip", part=[2.0, None])), (0.1, "length", to(12.0)))
    lengths = [s.duration for s in made if isinstance(s, signals.Loaded | signals.DurationChange)]
    assert lengths == [None, 10.0]


@pytest.mark.parametrize(
    ("kind", "fields", "field"),
    [
        ("app.by", {"by": "me"}, "by"),
        ("app.by", {"by": 3}, "by"),
        ("app.seeking", {"args": []}, "args"),
        ("app.seeking", {"args": ["x"]}, "args"),
        ("app.seeking", {"args": [1.0], "by": "me"}, "by"),
        *(
            ("app.open", to("clip", part=part), "part")
            for part in ([], [3.0], [5.0, 2.0], [-1.0, 2.0])
        ),
        ("app.open", to("clip", part="x"), "part"),
    ],
)
def test_malformed_record_is_refused_with_the_name_of_the_field(
    kind: str, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(TranslationError) as refused:
        Words().translate({"t": 1.0, "kind": kind, **fields})
    assert refused.value.field == field
