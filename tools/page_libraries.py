"""Fetches the player libraries that the browser's tests play with, from the npm registry.

Run by ``make players``. Each is one file below ``build/libraries``; a file that is there stays.
Exit code 1 if one is missing where nothing may be (environment variable ``CI``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

#: The package of each with its version, and the file in it.
LIBRARIES = {
    "hls.js": ("hls.js@1.7.4", "dist/hls.min.js"),
    "dash.js": ("dashjs@5.2.1", "dist/modern/umd/dash.all.min.js"),
    "shaka.js": ("shaka-player@5.2.12", "dist/shaka-player.compiled.js"),
    "video.js": ("video.js@8.24.1", "dist/video.min.js"),
}

FOLDER = Path(__file__).parents[1] / "build" / "libraries"

#: How long (s) one may take.
_PATIENCE = 300


def fetch(package: str, inside: str, target: Path) -> str | None:
    """Put one file of a package at ``target``; gives what went wrong, or None."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    with TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [npm, "pack", "--silent", package],
                cwd=folder,
                check=False,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return f"npm pack took more than {_PATIENCE} s"
        if done.returncode:
            return done.stderr.strip() or f"npm pack ended with {done.returncode}"
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as packed:
            member = packed.extractfile(f"package/{inside}")
            if member is None:
                return f"{package} has no {inside}"
            # Written beside and renamed, so that a broken run leaves no half of it.
            part = target.with_suffix(".part")
            part.write_bytes(member.read())
            part.replace(target)
    return None


def main() -> int:
    """Fetch what is missing, and say what is still."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    failures = 0
    for name, (package, inside) in LIBRARIES.items():
        if (FOLDER / name).is_file():
            continue
        print("fetching", package)
        if reason := fetch(package, inside, FOLDER / name):
            print(f"{name} is missing, so its tests are skipped: {reason}")
            failures += 1
    return 1 if failures and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
