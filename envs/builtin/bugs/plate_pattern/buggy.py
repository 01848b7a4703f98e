import re

PLATE = re.compile(r'[A-Z]{2,3}-\d{3}')


def plates(text):
    return PLATE.findall(text)
