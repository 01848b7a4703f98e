"""Reports on sim-to-real transfer for people: tables for the terminal, and a page."""
