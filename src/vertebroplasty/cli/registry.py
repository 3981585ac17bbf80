"""`vertebroplasty registry`: procedures, complications, follow-up, and the statistics of a series."""

from cyclopts import App

__all__ = ["registry"]

COMMANDS = {
    "registry_records": {
        "init": "Make a new registry.",
        "add": "Enter patients, procedures or follow-ups from JSON files.",
        "list": "List records.",
        "show": "Show a record with its history; of a patient, the whole page.",
        "amend": "Amend a record; the old version stays in the journal.",
        "sign": "Sign a record as it stands.",
        "lock": "Close a record to amendments, or open it again.",
    },
    "registry_follow_up": {
        "follow-up": "Enter what a patient said or showed at a follow-up.",
        "due": "Who is due, overdue or lost to follow-up.",
    },
    "registry_rehearsals": {
        "rehearsals": "An operator's own rehearsals, and a CUSUM of leaks driven on.",
    },
    "registry_tables": {
        "import": "Import a table by a column mapping.",
        "import-series": "Build the synthetic records of a published series.",
        "export": "Export tables, JSON lines or the journal; de-identified on demand.",
    },
    "registry_keeping": {
        "verify": "Find any tampering and name the record.",
        "backup": "Back the registry up while it is in use.",
        "restore": "Restore a backup into a new registry.",
        "upgrade": "Bring the tables of an older registry up to this program.",
    },
    "registry_series": {
        "stats": "The statistics of a series: k of n with intervals, denominators named.",
        "compare": "The own series beside published ones, definition by definition.",
        "report": "A one-page report of a series for the quality meeting.",
    },
}

registry = App(name="registry", help="Procedures, complications, follow-up, and honest statistics of a series.")
for module, commands in COMMANDS.items():
    for command, line in commands.items():
        function = command.replace("-", "_") + ("_" if command in ("import", "list") else "")
        registry.command(f"vertebroplasty.cli.{module}:{function}", name=command, help=line)
