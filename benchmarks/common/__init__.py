"""What the benchmark programs share: where they ran, on what, and how they tell it."""
