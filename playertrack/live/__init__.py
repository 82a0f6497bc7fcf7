"""The running player: tracker, clock, and what adapters share."""
