class Animal:
    def greet(self, name):
        return f'{name} looks at you'


class Cat(Animal):
    def greet(self, name):
        return f'{name} purrs'


class Dog(Animal):
    def greet(self, name):
        return super().greet(name) + ' and barks'


KINDS = {kind.__name__: kind for kind in (Cat, Dog)}


def handle(kind, name):
    return KINDS.get(kind, Animal)().greet(name)


def meet(animals):
    return [handle(kind, name) for kind, name in animals]
