"""Should this level be treated: every rule answers yes, no or unknown, because of what, and says who."""

SOURCES: tuple[str, ...] = ("S0", "S1", "S2", "S3", "S4", "NICE-TA279", "SIR-2019", "CIRSE-2017", "OF-card")
NOT_MODELLED: tuple[str, ...] = (
    "The rules read what the patient file states; they do not examine the patient.",
    "Fitness for anaesthesia, life expectancy and consent are not screened.",
    "Cervical, thoracic and lumbar levels are held to the same rules.",
)
