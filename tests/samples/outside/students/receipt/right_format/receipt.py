def receipt(items):
    total = 0
    for item in items:
        print("{}: {:.2f}".format(*item))
        total += item[1]
    print("total:", format(total, ".2f"))


def ask():
    answer = ""
    while not answer.isdigit():
        answer = input("How many? ").strip()
    return int(answer)
