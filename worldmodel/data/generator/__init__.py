"""How programs are made up: literals, names, expressions, blocks, idioms. Only the standard library."""
