def camel(name):
    return ''.join(part.capitalize() for part in name.split('_'))


def snake(name):
    out = ''
    for place, letter in enumerate(name):
        if letter.isupper():
            if place:
                out += '_'
            letter = letter.lower()
        out += letter
    return out


def both(name):
    there = camel(name)
    return there, snake(there) == name
