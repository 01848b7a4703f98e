import re

PLATE = re.compile(r'\b[A-Z]{2,3}-\d{3}\b')


def plates(text):
    return PLATE.findall(text)
