def masked(text, shown=2):
    left = sum(letter.isdigit() for letter in text)
    out = ''
    for letter in text:
        if letter.isdigit():
            if left > shown:
                letter.replace(letter, '#')
            left -= 1
        out += letter
    return out
