"""Tests of the tracker: real threads, real event loops, real exits; time is often a manual one."""
