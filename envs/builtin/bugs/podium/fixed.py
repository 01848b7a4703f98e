def podium(scores):
    names = sorted(scores)
    names.sort(key=lambda name: scores[name], reverse=True)
    return names[:3]


def lines(scores):
    if not scores:
        return []
    return [f'{place}. {name}' for place, name in enumerate(podium(scores), 1)]
