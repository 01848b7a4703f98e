"""The demo: one program, two debuggers, one environment, and where the dream departs from the truth."""
