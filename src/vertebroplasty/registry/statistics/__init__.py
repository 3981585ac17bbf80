"""Statistics of a series on plain arrays: every count beside its denominator, every estimate beside its interval."""

NOT_MODELLED: tuple[str, ...] = (
    "A fracture or a loss of relief is dated to the visit at which it was found; it happened at some time before.",
    "Relief that was lost and came back counts as lost from the first loss on.",
    "Means of repeated values hold only if visits were missed at random given the values recorded.",
    "Limits of funnel plots and CUSUM charts take the target and the expected risks as known.",
)
