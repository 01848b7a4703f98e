def makers(factors):
    made = []
    for factor in factors:
        def times(number, factor=factor):
            return number * factor
        made.append(times)
    return made


def apply_all(factors, number):
    return [make(number) for make in makers(factors)]
