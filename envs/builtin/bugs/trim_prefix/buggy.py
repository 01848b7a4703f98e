def bare(name):
    return name.lstrip('unit')


def bare_all(names):
    return sorted(bare(name) for name in names)
