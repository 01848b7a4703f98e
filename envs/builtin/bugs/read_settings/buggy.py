def read(lines):
    found = {}
    for line in lines:
        if not line.strip():
            continue
        name, _, value = line.partition('=')
        try:
            found[name.strip()] = int(value)
        except ValueError:
            pass
    return found


def attempt(lines):
    try:
        return read(lines)
    except ValueError as error:
        return str(error)
