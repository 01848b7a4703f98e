def enough(store, recipe):
    for part, count in recipe.items():
        if store.get(part, 0) < count:
            return False
        return True
    return True


def makeable(store, recipes):
    return sorted(name for name in recipes if enough(store, recipes[name]))
