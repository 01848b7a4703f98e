def entry(line):
    name, amount = line.split()
    return name, int(amount)


def hours(lines):
    sums, errors = {}, []
    for number, line in enumerate(lines, 1):
        if line.startswith('#'):
            continue
        try:
            name, amount = entry(line)
        except ValueError as error:
            errors.append((number, str(error)))
        else:
            sums[name] = sums.get(name, 0) + amount
    return sums, errors
