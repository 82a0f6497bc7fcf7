"""msgspec, or what to install to get it.

It is compiled, and not every platform has it. Trackers, engines and the sinks without a network
work without; snapshots, traces and delivery do not, and import it from here.
"""

from .errors import MissingLibraryError

try:
    import msgspec as msgspec
except ImportError as error:
    raise MissingLibraryError(
        f"msgspec is missing ({error}): snapshots, fleets, traces and delivery need it: "
        "pip install playertrack, with its dependencies; trackers with the sinks console, jsonl "
        "and memory do not"
    ) from error
