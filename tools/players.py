"""Sets up the players that the tests use.

``make players`` installs what is missing: Debian's packages, with apt-get, as root, and Qt with
pip; it says which before it does so. With ``--check``, as ``make test`` runs it outside of CI,
nothing is installed, and what is missing is named. Both run with the Python of ``.venv``.

PyGObject (``gi``) has no wheels on PyPI. Debian's is linked into ``.venv``, and nothing else
of the system's Python with it. Exit code 1 if a player is missing where no test may be skipped
(environment variable ``CI``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Another program that installs something is waited for this long (s) …
LOCK_TIMEOUT = 600
#: … and a network that is not there is not.
UNATTENDED = (
    *("-o", f"DPkg::Lock::Timeout={LOCK_TIMEOUT}"),
    *("-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20"),
)

#: What apt-get says when another program holds one of its locks. It waits for dpkg's by itself.
LOCKED = ("Could not get lock", "Unable to lock", "Unable to acquire the dpkg frontend lock")

#: What builds PyGObject for a Python other than Debian's.
BUILDING = ("gcc", "pkg-config", "libcairo2-dev", "libgirepository1.0-dev")

#: The libraries of the system that Qt needs.
QT = ("libegl1", "libgl1", "libpulse0", "libxkbcommon0")

#: Debian's packages of each player, and a program that fails where it cannot be used.
PLAYERS: Mapping[str, tuple[Sequence[str], str]] = {
    "VLC": (("libvlc5", "vlc-plugin-base"), "import playertrack_vlc.library"),
    "mpv": (
        ("libmpv2", "mpv"),
        "import playertrack_mpv.library, shutil; assert shutil.which('mpv'), 'there is no mpv'",
    ),
    "PySide6": (QT, "import PySide6.QtMultimedia"),
    "PyQt6": (QT, "import PyQt6.QtMultimedia"),
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
    "MPRIS": (
        ("mpv", "mpv-mpris", "dbus-daemon", "python3-gi"),
        (
            "import pathlib, shutil; assert pathlib.Path('/usr/lib/mpv-mpris/mpris.so').exists() "
            "and shutil.which('dbus-daemon'), 'there is no mpv-mpris or dbus-daemon'"
        ),
    ),
    "Java, for Spark": (
        ("openjdk-17-jre-headless",),
        "import shutil; assert shutil.which('java'), 'there is no java'",
    ),
    "Redis": (
        ("redis-server",),
        "import shutil; assert shutil.which('redis-server'), 'there is no redis-server'",
    ),
    "Chromium": (
        ("chromium", "chromium-driver"),
        "import shutil; assert shutil.which('chromium'), 'there is no chromium'",
    ),
}

#: Qt itself is not Debian's, whose versions lie far apart. Later ones crash Python 3.11.
FROM_PYPI = {
    "PySide6": "PySide6-Addons>=6.8,<6.9" if sys.version_info < (3, 14) else "PySide6-Addons",
    "PyQt6": "PyQt6",
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
        return "nothing was installed: that needs apt-get and root"
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        failed = run_apt([apt, "-qq", *UNATTENDED, *command])
        if failed:
            return failed
    return None


def run_apt(
    command: Sequence[str], patience: float = LOCK_TIMEOUT, pause: float = 2.0
) -> str | None:
    """Run apt-get, again while another program holds a lock; gives what went wrong, or None.

    It gives up after ``patience`` (s) and asks every ``pause`` (s).
    """
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    deadline = time.monotonic() + patience
    waiting = False
    while True:
        done = run(command, env=quiet)
        if done.returncode == 0:
            return None
        locked = any(message in done.stderr for message in LOCKED)
        if not locked or time.monotonic() >= deadline:
            return done.stderr.strip()
        if not waiting:
            waiting = True
            print("waiting until another program lets go of the package manager's lock", flush=True)
        time.sleep(pause)


def build_gi() -> str | None:
    """Build PyGObject for this Python; gives what went wrong, or None."""
    failed = install(BUILDING)
    if failed:
        return failed
    # Later ones need a newer library than Debian 12 has.
    return pip_install("PyGObject<3.52")


def pip_install(package: str) -> str | None:
    """Install a package of PyPI; gives what went wrong, or None."""
    done = run([sys.executable, "-m", "pip", "install", "--quiet", package])
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


def set_up(lacking: Sequence[str]) -> None:
    """Install the players that are missing, and say so first."""
    packages = [package for name in lacking for package in PLAYERS[name][0]]
    print(f"Installing {', '.join(lacking)} with apt-get: {' '.join(packages)}", flush=True)
    failed = install(packages)
    if not link_gi() and "GStreamer" in lacking and not failed:
        print(f"Building PyGObject for this Python, with {' '.join(BUILDING)}", flush=True)
        failed = build_gi()
    for name in FROM_PYPI.keys() & set(lacking):
        failed = failed or pip_install(FROM_PYPI[name])
    if failed:
        print(failed)


def main(arguments: Sequence[str]) -> int:
    """Install what is missing unless it is only to be checked, and say what is still missing."""
    link_gi()
    lacking = [name for name in PLAYERS if missing(name)]
    if lacking and "--check" not in arguments:
        set_up(lacking)
    reasons = {name: reason for name in lacking if (reason := missing(name))}
    if ready := [name for name in PLAYERS if name not in reasons]:
        print("ready:", ", ".join(ready))
    for name, reason in reasons.items():
        print(f"missing: {name}, so its tests are skipped ({reason})")
    if reasons:
        packages = [package for name in reasons for package in PLAYERS[name][0]]
        print("`make players` installs them as root: apt-get install", *packages)
    if "GStreamer" in reasons:
        print("GStreamer needs Debian's Python, too: make clean; make PYTHON=/usr/bin/python3 test")
    return 1 if reasons and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
