"""Sets up the players that the tests play: Debian's packages where it may, a message where not.

Run by ``make players`` with the Python of ``.venv``. GStreamer's module ``gi`` is no package
of PyPI that installs everywhere; Debian's is linked into ``.venv``, alone, so that nothing
else of the system's Python shows there. Exit code 1 if something is missing where nothing
may be (environment variable ``CI``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Without a network it is to say so soon.
UNATTENDED = ("-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20")

#: What PyGObject is built with for a Python that Debian's is not made for.
BUILDING = ("gcc", "pkg-config", "libcairo2-dev", "libgirepository1.0-dev")

#: What each is made of in Debian, and the program that says whether it is there.
PLAYERS: Mapping[str, tuple[Sequence[str], str]] = {
    "VLC": (("libvlc5", "vlc-plugin-base"), "import playertrack_vlc.library"),
    "mpv": (("libmpv2",), "import playertrack_mpv.library"),
    "GStreamer": (
        (
            "python3-gi",
            "gir1.2-gstreamer-1.0",
            "gir1.2-gst-plugins-base-1.0",
            "gir1.2-gst-plugins-bad-1.0",
            "gstreamer1.0-plugins-base",
            "gstreamer1.0-plugins-good",
            "gstreamer1.0-plugins-bad",
            "gstreamer1.0-libav",
        ),
        "from playertrack_gstreamer import library; library.gstplay()",
    ),
    "Chromium": (
        ("chromium", "chromium-driver"),
        "import shutil; assert shutil.which('chromium'), 'there is no chromium'",
    ),
}

DEBIAN = Path("/usr/lib/python3/dist-packages")


def run(
    command: Sequence[str], env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it, and keep what it says."""
    return subprocess.run(command, env=env, check=False, capture_output=True, text=True)


def missing(name: str) -> str | None:
    """Why a player cannot be used, or None."""
    _, program = PLAYERS[name]
    done = run([sys.executable, "-c", program])
    return None if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def install(packages: Sequence[str]) -> str | None:
    """Have Debian install them; gives what went wrong, or None."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return "not installed, since that needs apt-get and root"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = run([apt, "-qq", *UNATTENDED, *command], env=quiet)
        if done.returncode:
            return done.stderr.strip()
    return None


def build_gi() -> str | None:
    """Build PyGObject for this Python; gives what went wrong, or None."""
    failed = install(BUILDING)
    if failed:
        return failed
    # Later ones need a newer library than Debian 12 has.
    done = run([sys.executable, "-m", "pip", "install", "--quiet", "PyGObject<3.52"])
    return done.stderr.strip() if done.returncode else None


def link_gi() -> bool:
    """Show Debian's ``gi`` in this environment; False if it is not made for this Python."""
    version = f"cpython-{sys.version_info.major}{sys.version_info.minor}-"
    if sys.prefix == sys.base_prefix or not list((DEBIAN / "gi").glob(f"_gi.{version}*")):
        return False
    system = Path(sys.prefix, "debian")
    system.mkdir(exist_ok=True)
    link = system / "gi"
    link.unlink(missing_ok=True)
    link.symlink_to(DEBIAN / "gi")
    packages = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    Path(sys.prefix, packages, "debian.pth").write_text(f"{system}\n")
    return True


def main() -> int:
    """Set up what is missing, and say what is still."""
    link_gi()
    lacking = [name for name in PLAYERS if missing(name)]
    packages = [package for name in lacking for package in PLAYERS[name][0]]
    if packages:
        print("installing", *packages)
        failed = install(packages)
        if not link_gi() and "GStreamer" in lacking and not failed:
            failed = build_gi()
        if failed:
            print(failed)
    reasons = {name: reason for name in lacking if (reason := missing(name))}
    for name, reason in reasons.items():
        print(f"{name} is skipped: {reason}")
        print(f"  to have it: apt-get install {' '.join(PLAYERS[name][0])}")
    if "GStreamer" in reasons:
        print("  and a Python of Debian's version: make clean; make PYTHON=/usr/bin/python3 test")
    return 1 if reasons and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
