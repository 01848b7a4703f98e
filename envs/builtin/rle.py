def pack(text):
    runs = []
    for letter in text:
        if runs and runs[-1][0] == letter:
            runs[-1] = (letter, runs[-1][1] + 1)
        else:
            runs.append((letter, 1))
    return runs


def unpack(runs):
    text = ''
    for letter, count in runs:
        text += letter * count
    return text


def same(text):
    return unpack(pack(text)) == text
