def changes(old, new):
    found = []
    for key in sorted(set(old) | set(new)):
        if key not in old:
            found.append(('added', key, new[key]))
        elif key not in new:
            found.append(('removed', key, old[key]))
        elif old[key] != new[key]:
            found.append(('changed', key, (old[key], new[key])))
    return found


def told(old, new):
    return [f'{what} {key}' for what, key, _ in changes(old, new)]
