def listed(words):
    if len(words) < 2:
        return ''.join(words)
    *first, last = words
    return ', '.join(first) + ', and ' + last
