"""Tests of the commands, as one uses them: through `main`, and some as a process of their own."""
