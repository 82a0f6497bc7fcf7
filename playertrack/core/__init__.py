"""The pure engine: one player's state, its rules, and many players."""
