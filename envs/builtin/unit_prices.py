from dataclasses import dataclass


@dataclass(order=True)
class Offer:
    each: float
    name: str

    @classmethod
    def read(cls, row):
        name, price, count = row
        return cls(price / count, name)


def best(rows):
    offers = []
    for row in rows:
        try:
            offers.append(Offer.read(row))
        except ZeroDivisionError:
            continue
    return min(offers).name if offers else 'nothing'
