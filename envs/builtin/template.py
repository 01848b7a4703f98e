def fill(text, values):
    out = ''
    while '{' in text:
        before, _, rest = text.partition('{')
        name, closed, text = rest.partition('}')
        if not closed:
            raise ValueError('open brace')
        out += before + str(values[name])
    return out + text


def letter(name, due):
    try:
        return fill('Dear {name}: {due} due, {tax} tax.', {'name': name, 'due': due})
    except KeyError as error:
        print('missing', error)
    return fill('Dear {name}: {due}.', {'name': name.title(), 'due': due})
