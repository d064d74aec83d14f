"""`convert`: a template file -> the other format, on stdout or in a file."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from sfn_cfn import emit
from sfn_cfn.cli.console import Console
from sfn_cfn.errors import ExitCode
from sfn_cfn.template import convert as conversion


def convert(console: Console, file: Path, target: str | None, output: Path | None) -> int:
    """Convert `file`; without `target`, to the format that it is not in."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"'{file}' is not UTF-8 text.") from error
    except OSError as error:
        raise click.UsageError(f"cannot read '{file}': {error.strerror}.") from error
    wanted = target or ("yaml" if conversion.format_of(text) == "json" else "json")
    written = conversion.convert(text, cast("conversion.Format", wanted), file.as_posix())
    if output:
        emit.replace_file(output, written)
    else:
        console.product(written.rstrip("\n"))
    return ExitCode.CLEAN
