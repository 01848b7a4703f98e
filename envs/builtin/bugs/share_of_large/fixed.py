def numbers(lines):
    for line in lines:
        for word in line.split():
            if word.isdigit() and int(word) > 0:
                yield int(word)


def share(lines):
    found = list(numbers(lines))
    if not found:
        return 0.0
    mean = sum(found) / len(found)
    return sum(number > mean for number in found) / len(found)
