def letters(word):
    counts = [0] * 26
    for letter in word:
        counts[ord(letter) - ord('a')] += 1
    return tuple(counts)


def groups(words):
    found = {}
    for word in words:
        found.setdefault(letters(word), []).append(word)
    return [sorted(group) for group in found.values()]
