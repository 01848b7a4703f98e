def winner(votes):
    counts = {}
    for vote in votes:
        counts[vote] = counts.get(vote, 0) + 1
    most = max(counts.values(), default=0)
    return ' and '.join(sorted(name for name in counts if counts[name] == most))
