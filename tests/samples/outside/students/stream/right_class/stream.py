class countdown:
    def __init__(self, start):
        self.left = start

    def __iter__(self):
        return self

    def __next__(self):
        if self.left <= 0:
            raise StopIteration
        self.left -= 1
        return self.left + 1


def running_mean(numbers):
    seen = []
    for number in numbers:
        seen.append(number)
        yield sum(seen) / len(seen)
