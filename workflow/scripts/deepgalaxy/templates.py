"""Templates of pages and drawings, which lie beside the modules that fill them in."""

from pathlib import Path

import jinja2


def templates_beside(module: str) -> jinja2.Environment:
    """Return the templates in the directory of a module, whose ``__file__`` is given.

    What is filled in is escaped; a name that a template does not get raises jinja2.UndefinedError.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(module).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
