def paths(folder, above=()):
    found = []
    for name in sorted(folder):
        here = (*above, name)
        if folder[name] is None:
            found.append('/'.join(here))
        else:
            found += paths(folder[name], here)
    return found
