def tokens(text):
    out, place = [], 0
    while place < len(text):
        start = place
        letter = text[place]
        if letter.isspace():
            place += 1
            continue
        if letter.isdigit():
            while place < len(text) and text[place].isdigit():
                place += 1
            out.append(int(text[start:place]))
        elif letter.isalpha():
            while place < len(text) and text[place].isalnum():
                place += 1
            out.append(text[start:place])
        elif letter in '+-*/()':
            place += 1
            out.append(letter)
        else:
            raise SyntaxError(f'{letter} at {place}')
    return out
