"""A call of user code, with the world that it is answered from."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_cfn.load.recorder import Recorder
from sfn_cfn.model import World


class NotMadeError(Exception):
    """The call asks for something that this run has not made. `code` and `status` are the service's."""

    def __init__(self, what: str, code: str, status: int = 404) -> None:
        super().__init__(what)
        self.what, self.code, self.status = what, code, status


@dataclass(frozen=True, slots=True)
class Request:
    """A call: its parameters as the user gave them, the client's region, the run's world and record."""

    params: Mapping[str, Any]
    region: str
    world: World
    recorder: Recorder

    def __getitem__(self, name: str) -> Any:
        return self.params[name]

    @property
    def moment(self) -> datetime.datetime:
        """When everything was made: the world's first second. Reading the clock would move it."""
        return datetime.datetime.fromtimestamp(int(self.world.instant), datetime.timezone.utc)

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """An ARN in the world's account."""
        region = self.region if regional else ""
        return f"arn:{self.world.partition}:{service}:{region}:{self.world.account}:{resource}"


Answer = Callable[[Request], "dict[str, Any]"]
"""Gives the parsed response, as boto3 shows it."""
