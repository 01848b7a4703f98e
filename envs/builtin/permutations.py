def orders(letters):
    if not letters:
        return ['']
    out = []
    for place, letter in enumerate(letters):
        for rest in orders(letters[:place] + letters[place + 1:]):
            out.append(letter + rest)
    return out
