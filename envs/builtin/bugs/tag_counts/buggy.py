def frequent(tags, least=2):
    counts = {}
    for tag in tags:
        counts[tag] = counts.get(tag, 0) + 1
    kept = [tag for tag in counts if counts[tag] >= least]
    return sorted(kept, key=lambda tag: (-counts[tag], tag))


def summary(posts, least=2):
    tags = [tag for post in posts for tag in post['tags']]
    tags = list_of = frequent(tags, least)
    total = len(tags)
    return {'frequent': list_of, 'total': total}
