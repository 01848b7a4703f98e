def lines(words, width):
    out, line = [], ''
    for word in words:
        longer = f'{line} {word}' if line else word
        if line and len(longer) > width:
            out.append(line)
            line = word
        else:
            line = longer
    return out


def shown(text, width):
    return '|'.join(lines(text.split(), width))
