"""Listens to a playbin or playbin3.

Many streaming threads post messages; a change of state or a seek on one of them hangs forever.
Queries may block on the pipeline too, so only the polling thread makes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from playertrack.live.adapter import Binding, Listener

from .buffering import BufferingHold
from .library import Gst
from .media_uri import Ear, uri_of
from .translator import Translator

_TIME = Gst.Format.TIME
_INSTANT = Gst.EventType.INSTANT_RATE_CHANGE
#: The types of message that say something of playback.
_KINDS = (
    *("state-changed", "buffering", "error", "stream-start", "async-done"),
    *("eos", "segment-done"),
)
_EXACTLY = Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE


class PlaybinBinding(Binding):
    """Measures one playbin or playbin3; made by `playertrack_gstreamer.track`."""

    source = "gstreamer"
    asks = True

    def __init__(
        self, playbin: Gst.Element, tracker: Listener, *, hold: bool = False, **options: Any
    ) -> None:
        check(playbin)
        super().__init__(Translator(), tracker, player=hash(playbin), **options)
        self._playbin = playbin
        self._known = False  # what media it is was noted
        self._first: str | None = None  # the media that was set before it was listened to
        self._is_third = playbin.get_factory().get_name() == "playbin3"
        self._active = False  # it has data
        self._follows = False  # other media was set, and is not known yet
        self._up = False  # it left the state NULL
        self._live = False
        self._hold: BufferingHold | None = None
        if hold:
            self._hold = BufferingHold(
                playbin,
                on_hold=lambda: self._note("app.pause_for_buffering"),
                on_release=lambda: self._note("app.resume_after_buffering"),
            )
        self._start()

    # ------------------------------------------------------------------------ listening

    def _subscribe(self) -> None:
        self._ear = Ear(self._playbin.get_bus(), _KINDS, self._on_message)
        connect = self._playbin.connect
        self._handlers = [
            connect("notify::uri", lambda *_: self._note_uri()),
            connect("about-to-finish", lambda _: self._note("signal.about-to-finish")),
        ]
        _, state, _ = self._playbin.get_state(0)
        active = state in (Gst.State.PAUSED, Gst.State.PLAYING)
        get = self._playbin.get_property
        self._first = (get("current-uri") if active else None) or get("uri")
        if active:
            self._on_state("ready", "paused", "playing" if state == Gst.State.PLAYING else "")
            self._note("app.seek", args=[max(0, self._position() or 0) / 1e9])
            self._note("ret.seek_simple", r=True)
            self._note("async-done")
            if state == Gst.State.PLAYING:
                self._on_state("paused", "playing")

    def _unsubscribe(self) -> None:
        self._ear.close()
        for handler in self._handlers:
            self._playbin.disconnect(handler)
        if self._hold is not None:
            self._hold.close()

    def _note_uri(self) -> None:
        """Other media is set, perhaps on a streaming thread; asked later it may be another one.

        A playbin3 that plays says what it is only when that begins.
        """
        if self._active and self._is_third:
            self._follows = True
            self._note("notify::uri")
        else:
            self._note_media(self._playbin.get_property("uri"))

    def _on_message(self, message: Gst.Message) -> None:
        """On a streaming thread; types are compared by ``==``, since some are no flags."""
        kind = message.type
        if kind == Gst.MessageType.STATE_CHANGED:
            if message.src == self._playbin:
                self._on_state(*(state.value_nick for state in message.parse_state_changed()))
        elif kind == Gst.MessageType.BUFFERING:
            percent = message.parse_buffering()
            self._note("buffering", percent=percent)
            if self._hold is not None:
                self._hold.on_buffering(percent)
        elif kind == Gst.MessageType.ERROR:
            error, _ = message.parse_error()
            self._note("error", domain=error.domain, code=error.code, message=error.message)
        elif kind == Gst.MessageType.STREAM_START and message.src == self._playbin:
            self._note("stream-start", pipeline=True)
        elif kind == Gst.MessageType.ASYNC_DONE and message.src == self._playbin:
            self._note("async-done")
        elif kind == Gst.MessageType.SEGMENT_DONE and message.src == self._playbin:
            self._note("segment-done")
        elif kind == Gst.MessageType.EOS and message.src == self._playbin:
            self._ended = True
            self._note("eos")

    def _on_state(self, old: str, new: str, pending: str = "") -> None:
        self._up = True
        self._active = new in ("paused", "playing")
        self._note("state-changed", old=old, new=new, pending=pending, pipeline=True)

    def _ask(self) -> None:
        up = self._up
        done, state, _ = self._playbin.get_state(0)
        if done == Gst.StateChangeReturn.NO_PREROLL and not self._live:
            self._live = True
            self._note("ret.set_state", target=state.value_nick, r="no-preroll")
        elif state == Gst.State.NULL and up:
            # It says nothing at all of this.
            self._up = False
            self._note("ret.set_state", target="null", r="success")
        known, duration = self._playbin.query_duration(_TIME)
        rate, stop = self._segment()
        # The position comes last: it is that of the time when it is noted.
        position = self._position()
        length = duration if known else None
        self._note("poll", position_ns=position, duration_ns=length, rate=rate, stop_ns=stop)

    def _segment(self) -> tuple[float | None, int | None]:
        """The rate of what is played and where it stops, which a program sets by a seek."""
        query = Gst.Query.new_segment(_TIME)
        if not self._playbin.query(query):
            return None, None
        rate, _, _, stop = query.parse_segment()
        return rate * self._multiplier(), stop

    def _multiplier(self) -> float:
        """The share by which an instant change moved the rate; only sinks know it, until a seek."""
        for name in ("video-sink", "audio-sink"):
            sink = self._playbin.get_property(name)
            pad = sink and sink.get_static_pad("sink")
            change = pad and pad.get_sticky_event(_INSTANT, 0)
            segment = pad and pad.get_sticky_event(Gst.EventType.SEGMENT, 0)
            if change and segment and _is_later(change, segment):
                return float(change.parse_instant_rate_change().rate_multiplier)
        return 1.0

    def _position(self) -> int | None:
        known, position = self._playbin.query_position(_TIME)
        return position if known else None

    def _look_up(self, record: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """The media of a pipeline that opens its input, if it was set before."""
        match record:
            case {"kind": "app.open"}:
                self._known = True
            case {"kind": "stream-start"} if self._follows:
                self._follows = False
                return (self._opened(record["t"], self._playbin.get_property("current-uri")),)
            case {"kind": "state-changed"} if self._first and not self._known:
                self._known = True
                return (self._opened(record["t"], self._first),)
        return ()

    # ---------------------------------------------------------------------- the commands

    def _load(self, media: str) -> None:
        self._stop()
        self._playbin.set_property("uri", uri_of(media))

    def _play(self) -> None:
        if self._ended:
            self._replay()
            return
        self._note("app.play", args=[])
        self._set(Gst.State.PLAYING)

    def _pause(self) -> None:
        self._ask()
        self._note("app.pause", args=[])
        self._set(Gst.State.PAUSED)

    def _set(self, state: Gst.State) -> None:
        if self._hold is None:
            done = self._playbin.set_state(state)
        else:
            done = self._hold.play() if state == Gst.State.PLAYING else self._hold.pause()
        self._note("ret.set_state", target=state.value_nick, r=done.value_nick)

    def _seek(self, position: float) -> None:
        self._ask()
        self._note("app.seek", args=[position])
        self._seek_to(position)

    def _seek_to(self, position: float) -> None:
        self._ended = False
        done = self._playbin.seek_simple(_TIME, _EXACTLY, round(position * 1e9))
        self._note("ret.seek_simple", r=done)

    def _rate(self, rate: float) -> None:
        """A seek to where playback is."""
        here = self._position()
        self._note("app.rate", args=[rate])
        done = self._playbin.seek(
            rate, _TIME, _EXACTLY, Gst.SeekType.SET, max(0, here or 0), Gst.SeekType.NONE, -1
        )
        self._note("ret.seek_rate", r=done, at_ns=here)

    def _replay(self) -> None:
        self._note("app.replay", args=[])
        self._seek_to(0.0)
        self._set(Gst.State.PLAYING)

    def _stop(self) -> None:
        self._ask()
        self._note("app.stop", args=[])
        self._playbin.set_state(Gst.State.NULL)
        self._ended = self._live = self._up = self._active = False
        if self._hold is not None:
            self._hold.reset()


def _is_later(event: Gst.Event, than: Gst.Event) -> bool:
    return bool(Gst.util_seqnum_compare(event.get_seqnum(), than.get_seqnum()) > 0)


def check(element: Gst.Element) -> None:
    """Raise TypeError for anything but a playbin or playbin3."""
    factory = element.get_factory()
    name = element.__class__.__name__ if factory is None else factory.get_name()
    if name not in ("playbin", "playbin3"):
        raise TypeError(
            f"expected a playbin, a playbin3 or a GstPlay, not the {name} "
            f"{element.get_name()!r}: a pipeline of one's own reports by signals, as any player "
            "can (playertrack.Tracker); a playbin within another pipeline cannot be measured"
        )
