def minutes(time):
    hours, rest = time.split(':')
    return int(hours) * 60 + int(rest)


def following(table, now):
    for time in sorted(table):
        if minutes(time) >= minutes(now):
            return time
    return min(table)


def wait(table, now):
    train = following(table, now)
    return (minutes(train) - minutes(now)) % (24 * 60)
