"""`tcpmodel list` and `doctor`: what there is."""

from __future__ import annotations

import sys
from typing import Any

import click

from tcpmodel.cli.formats import FORMATS
from tcpmodel.cli.output import claims_of, dump, say


@click.command("list", epilog="Example:  tcpmodel list switches")
@click.argument(
    "what",
    type=click.Choice(
        ["all", "claims", "runs", "presets", "switches", "engines", "formats", "catalogue", "seeds"]
    ),
    default="all",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option(
    "--markdown", is_flag=True, help="The claims, catalogue or seeds as a Markdown table."
)
def list_(what: str, as_json: bool, markdown: bool) -> None:
    """Show the claims, written runs, presets, switches (with their values), engines and formats.

    catalogue: what the claims should cover, and what settles it; seeds: what posts on the web say
    about TCP, and the claims about that.  (Neither is part of `all`.)
    """
    if what in ("catalogue", "seeds"):
        _tables(what, as_json=as_json, markdown=markdown)
        return
    if markdown:
        from tcpmodel.claims.tables import claims_markdown

        click.echo(claims_markdown(claims_of(())[0]), nl=False)
        return
    data = {k: v for k, v in _catalogue().items() if what in ("all", k)}
    if as_json:
        click.echo(dump(data), nl=False)
        return
    for title, entries in data.items():
        say((title, "bold"))
        for entry in entries:
            if len(entry["name"]) > 22:
                say(entry["name"], indent=2)
                say(entry["says"], indent=25, hang=25)
            else:
                say(f"{entry['name']:<22} {entry['says']}", indent=2, hang=25)
            if entry.get("values"):
                say(entry["values"], indent=25, hang=25)
        say("")


def _tables(what: str, *, as_json: bool, markdown: bool) -> None:
    from tcpmodel.claims import catalogue

    claims = [claim for _, claim in claims_of(())[0]]
    if what == "catalogue":
        entries = catalogue.entries(claims)
        if as_json:
            click.echo(dump(catalogue.as_json(entries)), nl=False)
        elif markdown:
            click.echo(catalogue.catalogue_markdown(entries), nl=False)
        else:
            for row in entries:
                say((f"{row.code:<6}", "bold"), row.title, hang=6)
                say(", ".join(row.claims) or row.reason, indent=6, hang=6)
        return
    found = catalogue.sentences(claims)
    if as_json:
        click.echo(dump(catalogue.as_json(found)), nl=False)
    elif markdown:
        click.echo(catalogue.sentences_markdown(found), nl=False)
    else:
        for sentence in found:
            say((sentence.post, "bold"), f"  {sentence.says}", hang=10)
            for claim in sentence.claims:
                say(f"{claim.code} {claim.id}: {claim.verdicts}", indent=10, hang=12)
                if claim.folklore:
                    say((claim.folklore, "italic"), indent=12, hang=12)


def _catalogue() -> dict[str, list[dict[str, Any]]]:
    from tcpmodel.claims.script_report import headline, run_files
    from tcpmodel.engines.registry import ENGINES
    from tcpmodel.tcp.presets import PRESET_TABLE
    from tcpmodel.tcp.scenario import PRESETS, SWITCHES, Scenario

    neutral = Scenario().switches
    return {
        "claims": [
            {
                "name": f"{c.code} {c.id}",
                "code": c.code,
                "id": c.id,
                "says": c.says,
                "scenarios": list(c.verdicts),
            }
            for _, c in claims_of(())[0]
        ],
        "runs": [{"name": name, "says": headline(path)} for name, path in run_files().items()],
        "presets": [
            {
                "name": name,
                "says": PRESET_TABLE[name].says,
                "values": _difference(p.switches, neutral),
            }
            for name, p in PRESETS.items()
        ],
        "switches": [
            {"name": key, "says": s.meaning, "values": f"{s.values}   (rfc9293: {neutral[key]})"}
            for key, s in SWITCHES.items()
        ],
        "engines": [{"name": engine.name, "says": engine.says} for engine in ENGINES.values()],
        "formats": [
            {"name": name, "says": f.says, "values": f"FILE{f.suffix}"}
            for name, f in FORMATS.items()
        ],
    }


def _difference(switches: dict[str, Any], neutral: dict[str, Any]) -> str:
    return " ".join(f"{k}={v}" for k, v in switches.items() if v != neutral[k]) or "the defaults"


@click.command(epilog="Example:  tcpmodel doctor")
def doctor() -> None:
    """What this machine has of what tcpmodel can use, and what is missing for what."""
    from tcpmodel.doctor import examine

    missing = False
    for need in examine():
        mark = "ok     " if need.version else ("MISSING" if need.required else "missing")
        click.echo(f"{mark} {need.name:<14} {need.version or need.remedy}")
        if not need.version:
            click.echo(f"        {'':<14} needed for: {need.purpose}")
        missing |= need.required and not need.version
    sys.exit(2 if missing else 0)
