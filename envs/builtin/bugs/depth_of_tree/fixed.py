def depth(tree):
    if not isinstance(tree, list):
        return 0
    return 1 + max((depth(item) for item in tree), default=0)
