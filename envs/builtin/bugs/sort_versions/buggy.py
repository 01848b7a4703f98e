def key(version):
    parts = version.split('.')
    while len(parts) < 3:
        parts.append('0')
    return parts


def ordered(versions):
    return sorted(versions, key=key)


def newest(versions):
    return ordered(versions)[-1] if versions else None
