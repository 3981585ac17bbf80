"""Multigrid-preconditioned conjugate gradients on structured grids: what cement and strength share."""
