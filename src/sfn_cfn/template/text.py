"""Template -> text in the format asked for."""

from __future__ import annotations

from sfn_cfn.template import yaml
from sfn_cfn.template.model import Template


def render(template: Template, template_format: str) -> str:
    """The template as `yaml` or `json` text; JSON is what cfn-flip makes of the YAML."""
    written = yaml.dump(template)
    if template_format == "yaml":
        return written
    import cfn_flip  # noqa: PLC0415 (loads PyYAML, needed for JSON only)

    return str(cfn_flip.to_json(written)) + "\n"
