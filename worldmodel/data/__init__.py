"""Training data: generated programs, their traces, trajectories and encodings."""
