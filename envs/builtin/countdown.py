def countdown(number):
    while number > 0:
        sent = yield number
        number = sent if sent is not None else number - 1


def drive(start, sends):
    counter = countdown(start)
    seen = []
    try:
        seen.append(next(counter))
        for value in sends:
            seen.append(counter.send(value))
        for value in counter:
            seen.append(value)
            if len(seen) > 6:
                counter.close()
    except StopIteration:
        seen.append('stopped')
    return seen
