def swap_word(word):
    if len(word) < 2:
        return word
    first, last = word[0], word[-1]
    return last + word[1:-1] + first


def swap_all(sentence):
    return ' '.join(swap_word(word) for word in sentence.split())
