"""Made-up text that looks like the text of pages: sentences, paragraphs, headings, numbers. It means nothing."""

from __future__ import annotations

import numpy as np

_TEXT = """
    a about above across after again air all along always among an and animal answer any apple around as at away
    back bank be because before began behind below between bird black blue board boat body book both bread
    bridge bring brother but by call came can carry change child city clear close cloud cold colour come corner
    could country cover cross dark day deep did different door down draw dry during each early earth east eat
    end enough even evening every eye face fall family far farm father few field find fire first fish floor
    follow food foot for forest form found four free friend from front garden gave give glass go gold good grass
    great green ground group grow half hand hard have he hear heart heavy help here high hill history hold home
    horse hour house how hundred ice idea if important in inch inside into iron island it journey just keep kind
    king knew know lake land language large last later laugh lead learn leave left letter life light like line
    list little long look low machine made make many map mark market matter may mean measure measured men might
    mile milk mind minute money month moon more morning most mother mountain move much music must name near
    never new next night noise north not note nothing notice now number object ocean of off often oil old on
    once one only open or order other our out over own page paint paper part pass people perhaps picture piece
    place plain plan plant point power present problem pull question quick quiet rain reach read ready record
    red rest result river road rock room round rule run said same sand saw school sea second see seem sentence
    set seven several shape ship short should show side silver simple since sister size sky sleep slow small
    snow so some song soon sound south space spring square stand star start station stay still stone stood story
    street strong such summer sun sure surface table take tall teach tell ten than that the their them then
    there these they thing think this those thought thousand three through time to together told too took town
    travel tree true turn two under unit until up upon usual valley very village voice wait walk wall war warm
    was watch water wave way we week weight well went were west what wheel when where which while white who
    whole why wind window winter wish with without wood word work world would write year yellow you
"""
_WORDS = _TEXT.split()


def heading(random: np.random.Generator) -> str:
    """Give a few words with a capital, some after the number of a section."""
    words = _some_words(random, 2, 5)
    number = f"{random.integers(1, 12)}.{random.integers(1, 9)} " if random.random() < 0.4 else ""
    return number + " ".join(words).capitalize()


def paragraph(random: np.random.Generator) -> list[str]:
    """Give the words of two to six sentences, each with the punctuation that belongs to it."""
    return [word for _ in range(random.integers(2, 7)) for word in _sentence(random)]


def _sentence(random: np.random.Generator) -> list[str]:
    words = _some_words(random, 4, 16)
    for place in range(1, len(words) - 1):
        chance = random.random()
        if chance < 0.08:
            words[place] += ","
        elif chance < 0.10:
            words[place] += ";"
        elif chance < 0.13:
            words[place] = _number(random)
        elif chance < 0.14:
            words[place] = f"({words[place]})"
        elif chance < 0.15:
            words[place] = f'"{words[place]}"'
        elif chance < 0.17:
            words[place] = words[place].capitalize()
    words[0] = words[0].capitalize()
    words[-1] += random.choice([".", ".", ".", ".", ".", "?", "!", ":"])
    return words


def _some_words(random: np.random.Generator, fewest: int, most: int) -> list[str]:
    return [_WORDS[number] for number in random.integers(0, len(_WORDS), random.integers(fewest, most))]


def _number(random: np.random.Generator) -> str:
    number = int(random.integers(1, 10 ** random.integers(1, 6)))
    return f"{number:,}{random.choice(['', '', '%', '.5', '-' + str(number + 3)])}"
