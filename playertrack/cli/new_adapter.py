"""``playertrack new-adapter``: creates a package as a start for an adapter of a player."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .common import add_command, add_json

_TEMPLATE = Path(__file__).parent / "adapter_template"


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "new-adapter",
        "Writes a package that adapts another player: translator, binding and their tests.\n"
        "It runs as it is, with a dummy player; replace that with yours.",
        "  playertrack new-adapter kivy\n"
        "  playertrack new-adapter kivy -o ~/src/playertrack-kivy\n"
        "  cd playertrack-kivy && python -m pytest",
    )
    parser.add_argument(
        "name", metavar="NAME", help="the name of the player: letters, digits and _, such as kivy"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="write it to this new or empty directory (default: playertrack-NAME)",
    )
    add_json(parser, 'an object with "directory" and "files"')


def run(args: argparse.Namespace) -> int:
    """Run it; 0."""
    import json

    from ..errors import PlayertrackError, shorten

    name = args.name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise PlayertrackError(
            f"NAME: {shorten(name)} is not allowed; "
            "expected small letters, digits and _, starting with a letter, as in kivy"
        )
    if name in _ours():
        raise PlayertrackError(
            f"NAME: {name} is an adapter of playertrack's own; "
            f"call yours otherwise, as in my_{name}"
        )
    directory = Path(args.output or f"playertrack-{name.replace('_', '-')}")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise PlayertrackError(f"{directory}: it is there already; name another one with --output")
    written = []
    for path, text in files(name):
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
        written.append(str(path))
    if args.json:
        print(json.dumps({"directory": str(directory), "files": written}))
    else:
        print(
            f"{directory}: {len(written)} files; run its tests first: python -m pytest {directory}"
        )
    return 0


def _ours() -> set[str]:
    """The names that playertrack's own adapters and their packages have."""
    from importlib.metadata import entry_points

    found = [
        each
        for group in ("playertrack.adapters", "playertrack.players")
        for each in entry_points(group=group)
        if each.dist is not None and each.dist.name == "playertrack"
    ]
    packages = {each.module.partition(".")[0].removeprefix("playertrack_") for each in found}
    return packages | {each.name for each in found}


def files(name: str) -> Iterator[tuple[Path, str]]:
    """The files of an adapter for the player ``name``: their paths and what is in them."""
    title = "".join(part.capitalize() for part in name.split("_"))
    for path in sorted(_TEMPLATE.rglob("*")):
        if path.is_file():
            parts = list(path.relative_to(_TEMPLATE).parts)
            parts[0] = f"playertrack_{name}" if parts[0] == "package" else parts[0]
            text = path.read_text("utf-8")
            text = text.replace("{{name}}", name).replace("{{Name}}", title)
            yield Path(*parts).with_name(parts[-1].removesuffix(".tmpl")), text
