"""Percutaneous vertebroplasty on one patient's own CT."""
