"""Should this level be treated: every rule answers yes, no or unknown, because of what, and says who."""

SOURCES: tuple[str, ...] = (
    "S0",
    "S1",
    "S2",
    "S3",
    "S4",
    "NICE-TA279",
    "NICE-IPG12",
    "SIR-2019",
    "CIRSE-2017",
    "OF-card",
    "SINS",
    "Bilsky",
    "BMC2010-collapse",
    "Hsieh2019",
    "JOSR2021-PCE",
    "payer-2019",
    "LCD-example",
)
NOT_MODELLED: tuple[str, ...] = (
    "The rules read what the patient file states; they do not examine the patient.",
    "Fitness for anaesthesia, life expectancy and consent are not screened.",
    "Cervical, thoracic and lumbar levels are held to the same rules, but for cement near a foramen.",
)
