def shift(ch, k):
    if not ch.isalpha():
        return ch
    base = ord('A') if ch.isupper() else ord('a')
    return chr((ord(ch) - base + k) % 26 + base)


def encode(text, k=3):
    out = ''
    for ch in text:
        out += shift(ch, k)
    return out
