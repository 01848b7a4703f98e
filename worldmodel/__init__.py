"""The imitation: a neural debugger, its data, training, inference and fidelity."""
