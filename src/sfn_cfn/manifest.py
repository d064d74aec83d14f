"""Asset... -> `.sfn-cfn/assets/`: the bodies by their hashes, and for each workflow a manifest of its assets.

The folder belongs to the build, so it keeps itself out of version control. A body is written whole or not at
all, and under its own SHA-256, so that it is the same whoever writes it; the manifest comes after the template.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sfn_cfn import emit
from sfn_cfn.model import Asset

FOLDER = ".sfn-cfn/assets"


def bodies(root: Path) -> Path:
    """Where the bodies of a project's assets are, each file named by its SHA-256 in hex."""
    return root / FOLDER


def path(root: Path, workflow: str) -> Path:
    """The manifest of a workflow."""
    return bodies(root) / f"{workflow}.json"


def content(assets: Collection[Asset]) -> str:
    """A manifest: each asset's name, hash and files."""
    entries = [
        {
            "name": asset.name,
            "sha256": asset.sha256,
            "files": [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in asset.files],
        }
        for asset in assets
    ]
    return json.dumps({"assets": entries}, indent=2) + "\n"


def write(root: Path, assets: Mapping[str, Collection[Asset]], written: Collection[str]) -> None:
    """Write the manifests of the workflows whose templates were written; one without assets has none.

    Raises `EmitError`.
    """
    for workflow in sorted(assets):
        file = path(root, workflow)
        if workflow not in written:
            continue
        if not assets[workflow]:
            file.unlink(missing_ok=True)
            continue
        ignored = root / ".sfn-cfn" / ".gitignore"
        if not ignored.exists():
            emit.replace_file(ignored, "*\n")
        text = content(assets[workflow])
        if not file.is_file() or file.read_text(encoding="utf-8", errors="replace") != text:
            emit.replace_file(file, text)


def sizes(assets: Mapping[str, Collection[Asset]]) -> Iterator[str]:
    """A line for each asset: its workflow, name, size and number of files."""
    for workflow in sorted(assets):
        for asset in sorted(assets[workflow], key=lambda asset: (asset.name, asset.sha256)):
            size = sum(file.size for file in asset.files)
            files = "1 file" if len(asset.files) == 1 else f"{len(asset.files)} files"
            yield f"asset of {workflow}: {asset.name}, {shown(size)}, {files}"


def shown(size: int) -> str:
    """Bytes as a person reads them: `12 bytes`, `3.4 kB`, `120.0 MB`."""
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
