PRICES = {'pen': 3, 'ink': 7, 'pad': 5}


def parse(line):
    name, _, count = line.partition(':')
    name = name.strip().lower()
    if name not in PRICES:
        raise KeyError(name)
    return name, int(count)


def discount(total, count):
    if count > 4:
        return total // 10
    return 0


def cost(name, count):
    total = PRICES[name] * count
    total -= discount(total, count)
    return total


def report(text):
    lines = []
    total = 0
    skipped = 0
    for part in text.split(','):
        try:
            name, count = parse(part)
        except KeyError as error:
            lines.append(f'? {error}')
            continue
        except ValueError:
            skipped += 1
        price = cost(name, count)
        total += price
        lines.append(f'{name} {price}')
    lines.append(f'sum {total}')
    if skipped:
        lines.append(f'bad {skipped}')
    return '\n'.join(lines)
