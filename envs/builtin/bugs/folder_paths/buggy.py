def paths(folder, above=()):
    found, here = [], list(above)
    for name in sorted(folder):
        here.append(name)
        if folder[name] is None:
            found.append('/'.join(here))
        else:
            found += paths(folder[name], here)
    return found
