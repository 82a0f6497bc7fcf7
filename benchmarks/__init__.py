"""Benchmarks of playertrack, as ratios; see README.md."""
