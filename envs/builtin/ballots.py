def count(ballots, running):
    votes = {name: 0 for name in running}
    for ballot in ballots:
        for name in ballot:
            if name in votes:
                votes[name] += 1
                break
    return votes


def rounds(ballots):
    running = sorted(set(''.join(ballots)))
    log = []
    while running:
        votes = count(ballots, running)
        log.append(votes)
        best = max(running, key=lambda name: votes[name])
        if votes[best] * 2 > len(ballots) or len(running) == 1:
            return best, log
        running.remove(min(running, key=lambda name: votes[name]))
    return None, log
