def numbers(lines):
    for line in lines:
        for word in line.split():
            if word.isdigit() and int(word) > 0:
                yield int(word)


def share(lines):
    found = numbers(lines)
    count = sum(1 for _ in numbers(lines))
    if not count:
        return 0.0
    mean = sum(found) / count
    return sum(number > mean for number in found) / count
