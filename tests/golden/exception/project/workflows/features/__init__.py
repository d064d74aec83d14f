COLUMNS = {"income": "Income"}


def column(name):
    return COLUMNS[name]
