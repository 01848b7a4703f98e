def shorten(path):
    parts = []
    for part in path.split('/'):
        if part in ('', '.'):
            continue
        if part == '..':
            if not parts:
                raise LookupError('above the root')
            parts.pop()
        else:
            parts.append(part)
    return '/'.join(parts) or '.'


def try_all(paths):
    found = {}
    for path in paths:
        try:
            found[path] = shorten(path)
        except LookupError as error:
            found[path] = f'error: {error}'
        finally:
            found.setdefault('tried', []).append(path)
    return found
