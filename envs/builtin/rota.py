def rota(workers, days, away):
    plan, turn = [], 0
    for day in range(days):
        for _ in workers:
            worker = workers[turn % len(workers)]
            turn += 1
            if (worker, day) not in away:
                plan.append(worker)
                break
        else:
            plan.append(None)
    return plan
