"""The CT as the C-arm sees it: true AP, true lateral, down the needle; with needle and cement."""
