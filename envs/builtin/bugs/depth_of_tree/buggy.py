def depth(tree):
    if not isinstance(tree, list):
        return 0
    return 1 + max((1 for item in tree if isinstance(item, list)), default=0)
