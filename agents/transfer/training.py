"""Training of the policies of a report."""
