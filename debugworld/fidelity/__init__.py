"""Cards of the fidelity benchmark for people: tables for the terminal, a page, a leaderboard."""
