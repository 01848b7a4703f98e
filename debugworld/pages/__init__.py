"""What the HTML pages share: their style, and plots as SVG that takes its colours from it."""
