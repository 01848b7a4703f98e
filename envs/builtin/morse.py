CODE = {'e': '.', 'm': '--', 'o': '---', 's': '...', 't': '-'}


def spell(word):
    out = []
    for place, letter in enumerate(word):
        if letter not in CODE:
            raise ValueError(f'no code for {letter!r} at {place}')
        out.append(CODE[letter])
    return ' '.join(out)


def safe(word):
    try:
        return spell(word)
    except ValueError as error:
        return str(error)
