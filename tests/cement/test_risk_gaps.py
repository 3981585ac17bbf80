"""Gaps drawn into a closed shell: nothing is open without one, and one joins marrow with the side it was drawn on."""

import numpy as np
import pytest
from scipy import ndimage

from drawn_grid import boxed_body
from vertebroplasty.anatomy.grid import Tissue
from vertebroplasty.cement.permeability import AROUND, INSIDE
from vertebroplasty.cement.risk_gaps import GapDraw, Shell

NO_GAP = GapDraw(present=False, place=0.5, diameter_mm=2.0, to_discs=False)


def leaky_shell(**options):
    """A body with a window to the canal that a coarse CT would not show, and a disc above it."""
    grid = boxed_body(breaches_can_be_seen=False, **options)
    grid.tissue[12:14, 10:12, 17:19] = Tissue.TRABECULAR
    grid.tissue[22:24, 11:29, 5:31] = Tissue.DISC_ABOVE
    return grid


def touches(grid, *outside):
    """Whether marrow shares a face with any of these tissues."""
    marrow = grid.is_tissue(*INSIDE) & (grid.part > 0)
    return bool((ndimage.binary_dilation(marrow) & grid.is_tissue(*outside) & (grid.part == 0)).any())


def test_the_shell_is_closed_without_a_gap():
    grid = leaky_shell()
    assert touches(grid, *AROUND)
    closed = Shell(grid).opened((NO_GAP,))
    assert not touches(closed, *AROUND)
    assert closed.breaches_can_be_seen
    assert (closed.tissue == Tissue.TRABECULAR).sum() == (grid.tissue == Tissue.TRABECULAR).sum() - 4  # its outer layer


@pytest.mark.parametrize("spacing", [1.0, 1.5])
@pytest.mark.parametrize("to_discs", [False, True])
def test_a_gap_opens_the_side_it_was_drawn_on_wherever_it_lies(spacing, to_discs):
    shell = Shell(leaky_shell(spacing=spacing))
    pieces = ndimage.label(shell.closed.tissue == Tissue.TRABECULAR)[1]
    for place in np.linspace(0.0, 0.999, 40):
        grid = shell.opened((GapDraw(present=True, place=float(place), diameter_mm=1.0, to_discs=to_discs),))
        assert touches(grid, Tissue.DISC_ABOVE) == to_discs
        assert touches(grid, Tissue.CANAL, Tissue.SOFT) != to_discs
        # one piece of marrow still: the tunnel hangs together with what lies behind it
        assert ndimage.label(grid.tissue == Tissue.TRABECULAR)[1] == pieces


def test_a_wider_gap_opens_more_of_the_shell():
    shell = Shell(leaky_shell())
    opened = [
        (shell.opened((GapDraw(present=True, place=0.4, diameter_mm=mm, to_discs=False),)).tissue == 3).sum()
        for mm in (1.0, 2.5, 4.0)
    ]
    assert opened[0] < opened[1] < opened[2]


def test_the_vertebra_it_was_made_of_stays_as_it_was():
    grid = leaky_shell()
    before = grid.tissue.copy()
    Shell(grid).opened((GapDraw(present=True, place=0.4, diameter_mm=4.0, to_discs=False),))
    assert np.array_equal(grid.tissue, before)
    assert not grid.breaches_can_be_seen


def test_a_side_without_any_place_stays_closed():
    grid = boxed_body(breaches_can_be_seen=False)  # no disc anywhere
    opened = Shell(grid).opened((GapDraw(present=True, place=0.5, diameter_mm=2.0, to_discs=True),))
    assert np.array_equal(opened.tissue, Shell(grid).closed.tissue)
