def order(needs):
    done, out = set(), []

    def visit(task, above):
        if task in above:
            raise ValueError('circle: ' + ' '.join([*above, task]))
        if task in done:
            return
        for need in needs[task]:
            visit(need, [*above, task])
        done.add(task)
        out.append(task)

    for task in sorted(needs):
        visit(task, [])
    return out
