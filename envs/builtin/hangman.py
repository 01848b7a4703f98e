def shown(word, known):
    return ''.join(letter if letter in known else '_' for letter in word)


def play(word, guesses, lives):
    known = set()
    for guess in guesses:
        if guess in word:
            known.add(guess)
        else:
            lives -= 1
        if '_' not in shown(word, known):
            return 'won', lives
        if lives == 0:
            return 'lost', shown(word, known)
    return 'open', shown(word, known)
