def longest(days, limit):
    best = run = 0
    for amount in days:
        run = run + 1 if amount > limit else 0
        best = max(best, run)
    return best


def report(days, limit=0):
    if not days:
        return 'no days'
    found = longest(days, limit)
    if found:
        return f'{found} wet days in a row'
    'dry'
