"""`tcpmodel knowledge`: who knows what after each message of a handshake."""

from __future__ import annotations

import click

from tcpmodel.cli.output import dump


@click.command("knowledge", epilog="Example:  tcpmodel knowledge")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def knowledge(as_json: bool) -> None:
    """Show what each side knows after each message of opening with two, three and four messages.

    Markdown tables.  Either direction of the network may be broken; an endpoint knows what holds in
    all runs that look the same to it.
    """
    from tcpmodel.claims import knowledge_table

    tables = knowledge_table.tables()
    if as_json:
        click.echo(dump(knowledge_table.as_json(tables)), nl=False)
    else:
        click.echo(knowledge_table.as_markdown(tables), nl=False)
