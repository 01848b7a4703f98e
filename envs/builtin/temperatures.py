def celsius(text):
    number, unit = float(text[:-1]), text[-1]
    if unit == 'F':
        return (number - 32) / 1.8
    if unit == 'K':
        return number - 273
    return number


def mean_of(texts):
    values, bad = [], 0
    for text in texts:
        try:
            values.append(celsius(text))
        except ValueError:
            bad += 1
    mean = round(sum(values) / len(values), 2) if values else None
    return mean, bad
