def clean(word):
    return word.strip('.,!?').lower()


def count(text):
    seen = {}
    for word in text.split():
        word = clean(word)
        if not word:
            continue
        seen[word] = seen.get(word, 0) + 1
    return seen


def top(text, n=1):
    pairs = sorted(count(text).items(), key=lambda p: (-p[1], p[0]))
    return [f'{word}={times}' for word, times in pairs[:n]]
