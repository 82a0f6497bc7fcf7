"""Files of signals and events: read, written, explained, checked."""
