"""Reports what is watched with a player of the desktop, which says on D-Bus what it does (MPRIS).

    python examples/mpris_listener.py mpv --sink jsonl:watched.jsonl

It needs PyGObject, and runs until Ctrl-C, whether the player does or not. `busctl --user` lists
the names on the bus. mpv needs a plugin, mpv-mpris.
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from gi.repository import Gio, GLib

import playertrack_mpris
from playertrack import Tracker
from playertrack.live.raw_feed import RawFeed
from playertrack.sinks import open_sink

PATH, PLAYER = "/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player"

#: How often (s) the player is asked where it is, which it does not report by itself.
INTERVAL = 0.5


def listen(name: str, tracker: Tracker) -> None:
    """Measure the player of that name on the session bus, whenever there is one."""
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    feed = RawFeed(playertrack_mpris.Translator(), tracker)

    def get(method: str, *names: str) -> Any:
        what = GLib.Variant(f"({'s' * (1 + len(names))})", (PLAYER, *names))
        call = (name, PATH, "org.freedesktop.DBus.Properties", method, what, None)
        return bus.call_sync(*call, Gio.DBusCallFlags.NO_AUTO_START, 1000, None).unpack()[0]

    def on_signal(*values: Any) -> None:
        match values[4], values[5].unpack():
            case "PropertiesChanged", (interface, changed, _) if interface == PLAYER:
                feed.note("PropertiesChanged", changed=changed)
            case "Seeked", (position,):
                feed.note("Seeked", position=position)

    def on_appeared(*_: object) -> None:
        with suppress(GLib.Error):  # it is gone again
            feed.note("PropertiesChanged", changed=get("GetAll"))

    def on_vanished(*_: object) -> None:
        feed.note("PropertiesChanged", changed={"PlaybackStatus": "Stopped", "Metadata": {}})

    def ask() -> bool:
        with suppress(GLib.Error):  # there is no player at present
            feed.note("poll", Position=get("Get", "Position"))
        return True  # again

    bus.signal_subscribe(name, None, None, PATH, None, Gio.DBusSignalFlags.NONE, on_signal)
    Gio.bus_watch_name_on_connection(
        bus, name, Gio.BusNameWatcherFlags.NONE, on_appeared, on_vanished
    )
    GLib.timeout_add(round(INTERVAL * 1000), ask)
    loop = GLib.MainLoop()
    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    loop.run()
    feed.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and listen."""
    parser = argparse.ArgumentParser(description="Reports what is watched with a player.")
    parser.add_argument("player", help="its name on the bus, without org.mpris.MediaPlayer2.")
    parser.add_argument(
        "--sink", action="append", help="where events go, such as jsonl:PATH (default: console)"
    )
    args = parser.parse_args(arguments)
    with Tracker([open_sink(sink) for sink in args.sink or ["console"]]) as tracker:
        listen(f"org.mpris.MediaPlayer2.{args.player}", tracker)


if __name__ == "__main__":
    main()
