"""`vertebroplasty info`: built-in cements, bone laws, rules, claims, consent, leaks, labels, sources, schemas."""

import json as json_module
from collections.abc import Callable
from typing import Annotated, Any

from cyclopts import Parameter

from vertebroplasty.cli.output import print_json, print_lines
from vertebroplasty.errors import WrongUsage

__all__ = ["SCHEMA_DOCUMENTS", "info"]

JsonOption = Annotated[bool, Parameter(name="--json", negative="", help="JSON, which all topics but site are anyway.")]
SCHEMA_DOCUMENTS = {
    "measure": ("measure_keys", "MeasureDocument"),
    "screen": ("screen", "ScreenDocument"),
    "score": ("score", "ScoreDocument"),
    "plan": ("plan", "PlanDocument"),
    "inject": ("inject", "InjectDocument"),
    "risk": ("risk", "RiskDocument"),
    "rehearse": ("rehearse", "RehearseDocument"),
    "rehearse-list": ("rehearse", "RehearseListDocument"),
    "strength": ("strength", "StrengthDocument"),
    "fluoro": ("fluoro", "FluoroDocument"),
    "run": ("manifest", "RunDocument"),
    "compare": ("compare", "CompareDocument"),
    "patient": ("patient_model", "PatientDocument"),
    "landmarks": ("landmarks", "LandmarksDocument"),
    "site": ("site", "SiteDocument"),
    "product": ("own_product", "OwnProductDocument"),
    "registry-stats": ("registry_stats", "RegistryStatsDocument"),
    "registry-compare": ("registry_compare", "RegistryCompareDocument"),
    "registry-list": ("registry", "ListDocument"),
    "registry-show": ("registry", "RecordDocument"),
    "registry-due": ("registry", "RegistryDueDocument"),
    "registry-rehearsals": ("registry", "RehearsalsDocument"),
    "registry-verify": ("registry", "VerifyDocument"),
    "registry-written": ("registry", "WrittenDocument"),
}


def info(topic: str, name: str | None = None, /, *, json: JsonOption = False) -> None:
    """Show what is built in: cements, rules, claims, consent, leaks, labels, sources or schema, all or one by name.

    `info site` prints a commented file for the department's own C-arm, syringe, cannula and cement, and `info product`
    one for a cement of your own.

    Args:
        topic: cements, handling, materials, rules, claims, consent, leaks, labels, sources, schema, site or product.
        name: one entry, for example `info schema measure`.
    """
    if topic == "site" and name is None and not json:
        from vertebroplasty.documents.site import SITE_TEMPLATE

        print_lines(SITE_TEMPLATE.splitlines())
        return
    if topic == "product" and name is None and not json:
        from vertebroplasty.documents.own_product import OWN_PRODUCT_TEMPLATE

        print_lines(OWN_PRODUCT_TEMPLATE.splitlines())
        return
    topics: dict[str, Callable[[], dict[str, Any]]] = {
        "cements": _cements,
        "handling": _handling,
        "materials": _materials,
        "rules": _rules,
        "claims": _claims,
        "consent": _consent,
        "leaks": _leaks,
        "labels": _labels,
        "sources": _sources,
        "schema": _schemas,
        "site": _site,
        "product": _product,
    }
    if topic not in topics:
        raise WrongUsage(f"There is no topic {topic}: choose {', '.join(topics)}.")
    entries = topics[topic]()
    if name is None:
        print_json(json_module.dumps(entries, indent=2, ensure_ascii=False, default=str))
        return
    if name not in entries:
        raise WrongUsage(f"{topic} has no {name}: it has {', '.join(entries)}.")
    print_json(json_module.dumps(entries[name], indent=2, ensure_ascii=False, default=str))


def _cements() -> dict[str, Any]:
    from dataclasses import asdict

    from vertebroplasty.cement.product import products

    return {key: asdict(product) for key, product in products().items()}


def _handling() -> dict[str, Any]:
    """Measured handling times by temperature, beside those of the setting clock."""
    from dataclasses import asdict

    from vertebroplasty.cement.measured_handling import with_clock
    from vertebroplasty.cement.product import product

    return {row.key: asdict(row) for row in with_clock(product("pmma-medium"))}


def _materials() -> dict[str, Any]:
    """How stiff bone of a density is and when it yields, each law with its source, and cement and caps."""
    from vertebroplasty.strength.known_materials import known_materials

    return known_materials()


def _rules() -> dict[str, Any]:
    from dataclasses import asdict

    from vertebroplasty.selection.rules import all_rules

    return {rule.id: asdict(rule) for rule in all_rules()}


def _claims() -> dict[str, Any]:
    """Published claims by topic, side by side."""
    from dataclasses import asdict

    from vertebroplasty.selection.claims import claims, topics

    return {topic: [asdict(claim) for claim in claims(topic)] for topic in topics()}


def _consent() -> dict[str, Any]:
    """What to say before treating a vertebra, by aetiology, each figure with its denominator."""
    from vertebroplasty.selection.coded_values import Aetiology
    from vertebroplasty.selection.consent import consent_points

    keys = ("id", "kind", "heading", "sentence", "figures", "sources", "plan")
    return {a.value: [{key: getattr(p, key) for key in keys} for p in consent_points(a)] for a in Aetiology}


def _leaks() -> dict[str, Any]:
    """What the documents say about cement at each site outside the body; the treating team decides."""
    from dataclasses import asdict

    from vertebroplasty.anatomy.leak_sites import LeakSite
    from vertebroplasty.selection.leak_actions import TEAM_DECIDES, leak_actions

    said = {site.value: [asdict(action) for action in leak_actions(site)] for site in LeakSite}
    return {site: {"who_decides": TEAM_DECIDES, "sentences": sentences} for site, sentences in said.items()}


def _labels() -> dict[str, Any]:
    from vertebroplasty.intake import SCHEMES

    return {name: {str(value): level for value, level in scheme.levels.items()} for name, scheme in SCHEMES.items()}


def _sources() -> dict[str, Any]:
    from dataclasses import asdict

    from vertebroplasty.sources import all_sources

    return {key: asdict(source) for key, source in all_sources().items()}


def _site() -> dict[str, Any]:
    """The commented file, which is TOML, as JSON text."""
    from vertebroplasty.documents.site import SITE_TEMPLATE

    return {"template": SITE_TEMPLATE}


def _product() -> dict[str, Any]:
    """The commented file, which is TOML, as JSON text."""
    from vertebroplasty.documents.own_product import OWN_PRODUCT_TEMPLATE

    return {"template": OWN_PRODUCT_TEMPLATE}


def _schemas() -> dict[str, Any]:
    from importlib import import_module

    schemas = {}
    for command, (module, document) in SCHEMA_DOCUMENTS.items():
        model = getattr(import_module(f"vertebroplasty.documents.{module}"), document)
        schemas[command] = model.model_json_schema(by_alias=True)
    return schemas
