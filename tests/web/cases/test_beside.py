"""What was made of a case goes when the case goes."""

import gc
import weakref

from vertebroplasty.web.cases.beside import kept_beside_the_case


class Case:
    pass


class Image:
    def __init__(self, view):
        self.view = view


def test_it_is_made_once_for_each_case_and_view_and_goes_with_the_case():
    made = []

    @kept_beside_the_case
    def image(case, view):
        made.append(view)
        return Image(view)

    case, other = Case(), Case()
    assert image(case, "ap") is image(case, "ap")
    assert image(case, "lateral").view == "lateral"
    assert image(other, "ap") is not image(case, "ap")
    assert made == ["ap", "lateral", "ap"]
    gone = weakref.ref(image(case, "ap"))
    del case
    gc.collect()
    assert gone() is None
