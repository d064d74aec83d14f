"""botocore -> a botocore that answers itself: no endpoint is reached, no credentials are needed.

Every session gets handlers: the parameters that the user gave are noted before a request is built (so
botocore's own validation still runs), the call is answered before it is signed, and nothing is ever sent.
All sessions share one loader of service models, so that a model is read once.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import FunctionType, MethodType
from typing import Any

import botocore.credentials
import botocore.hooks
import botocore.loaders
import botocore.session
from botocore.exceptions import ClientError, ProfileNotFound

from sfn_cfn.load.answers import ANSWERS
from sfn_cfn.load.network import NetworkRefusedError
from sfn_cfn.load.recorder import Call, Recorder, Unanswered, Upload
from sfn_cfn.load.request import NotMadeError, Request
from sfn_cfn.model import World

__all__ = ["Call", "Recorder", "Unanswered", "UnansweredCall", "Upload", "answer", "install", "preload"]

_PARAMETERS = "sfn_cfn_parameters"
_SDK_SERVICES = ("stepfunctions", "sts", "s3", "sagemaker", "sagemaker-runtime")


class UnansweredCall(ClientError):  # type: ignore[misc]  # noqa: N818 (says what happened, as the docs do)
    """User code called an operation that a build has no answer for.

    A `ClientError`, because scripts ask whether something exists by catching one; `call` says which and
    where.
    """

    MSG_TEMPLATE = "{error_message}"

    def __init__(self, call: Unanswered) -> None:
        super().__init__(_error("UnansweredCall", call.message, 400), call.operation)
        self.call = call

    def __reduce__(self) -> tuple[type[UnansweredCall], tuple[Unanswered]]:
        return UnansweredCall, (self.call,)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What botocore looks at of an HTTP response."""

    status_code: int
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


_answering: tuple[World, Recorder] | None = None


def answer(world: World, recorder: Recorder) -> None:
    """Answer calls as the world's account from now on, in this process. Needs `install`."""
    global _answering  # noqa: PLW0603 (the handlers are the process's)
    _answering = (world, recorder)
    import boto3  # noqa: PLC0415 (only where botocore is already there)

    # What an import in the parent process made has the parent's region.
    boto3.DEFAULT_SESSION = None


def install() -> None:
    """Put the handlers into every session made from now on; until `answer` every call is refused."""
    original = botocore.session.Session.__init__
    if hasattr(original, "__wrapped__"):
        return
    loader = _shared_loader()
    _share_event_names()

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.register_component("data_loader", loader)
        events = self.get_component("event_emitter")
        events.register_first("before-parameter-build", _note_parameters)
        events.register_first("before-call", _reply)
        events.register_first("before-send", _refuse_to_send)

    botocore.session.Session.__init__ = init
    _know_every_profile()


def _know_every_profile() -> None:
    """Let a profile that the source names be one without settings: those of the machine play no part."""
    cls = botocore.session.Session
    plain_config, plain_credentials = cls.get_scoped_config, cls.get_credentials

    @functools.wraps(plain_config)
    def get_scoped_config(self: Any) -> Any:
        try:
            return plain_config(self)
        except ProfileNotFound:
            return {}

    @functools.wraps(plain_credentials)
    def get_credentials(self: Any) -> Any:
        found = plain_credentials(self)
        # With a profile, botocore passes the variables over, which hold the dummy sign-in.
        return found or botocore.credentials.EnvProvider().load()

    cls.get_scoped_config, cls.get_credentials = get_scoped_config, get_credentials


def preload(services: Iterable[str] = _SDK_SERVICES, region: str = "us-east-1") -> None:
    """Read service models (boto3's names) before processes fork. Needs `install`."""
    import boto3  # noqa: PLC0415 (as above)

    session = boto3.Session(
        region_name=region,
        aws_access_key_id="preload",
        aws_secret_access_key="preload",  # noqa: S106 (no secret)
    )
    for service in services:
        session.client(service)


class _PlainLoader(botocore.loaders.JSONFileLoader):  # type: ignore[misc]
    """Reads models into plain dicts, which keep their order too, in half the time."""

    def _load_file(self, full_path: str, open_method: Callable[..., Any]) -> Any:
        try:
            with open_method(full_path, "rb") as file:
                return json.loads(file.read())
        except FileNotFoundError:
            return None


class _SearchPaths(list):  # type: ignore[type-arg]
    """Paths without repetition: every boto3 session adds its own to the shared loader."""

    def append(self, path: Any) -> None:
        if path not in self:
            super().append(path)


def _shared_loader() -> Any:
    loader = botocore.loaders.Loader(file_loader=_PlainLoader())
    loader._search_paths = _SearchPaths(loader._search_paths)
    return loader


def _share_event_names() -> None:
    """Let sessions share what each works out anew about some 130 handlers: 8 ms a session otherwise."""
    original_init = botocore.hooks.EventAliaser.__init__
    original_accepts = botocore.hooks.accepts_kwargs
    names: dict[str, str] = {}
    accepting: dict[Any, bool] = {}

    def init(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        original_init(self, event_emitter, event_aliases)
        if self._event_aliases == botocore.hooks.EVENT_ALIASES:
            self._alias_name_cache = names

    def accepts_kwargs(handler: Any) -> bool:
        function = handler.__func__ if isinstance(handler, MethodType) else handler
        if not isinstance(function, FunctionType):
            return bool(original_accepts(handler))
        if function not in accepting:
            accepting[function] = bool(original_accepts(handler))
        return accepting[function]

    botocore.hooks.EventAliaser.__init__ = init
    botocore.hooks.accepts_kwargs = accepts_kwargs


def _note_parameters(params: Any, context: Any, **_: Any) -> None:
    if isinstance(context, dict):
        context[_PARAMETERS] = dict(params)


def _reply(model: Any, context: dict[str, Any], **_: Any) -> tuple[_Reply, dict[str, Any]] | None:
    if _answering is None:
        return None
    world, recorder = _answering
    service, operation = model.service_model.service_name, model.name
    found = ANSWERS.get((service, operation))
    if found is None:
        raise UnansweredCall(recorder.refuse(service, operation))
    request = Request(context.get(_PARAMETERS, {}), context.get("client_region", ""), world, recorder)
    try:
        parsed = found(request)
    except NotMadeError as error:
        call = recorder.refuse(service, operation, error.what)
        return _Reply(error.status), _error(error.code, call.message, error.status)
    recorder.note(service, operation)
    return _Reply(200), {**parsed, "ResponseMetadata": _metadata(200)}


def _error(code: str, message: str, status: int) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}, "ResponseMetadata": _metadata(status)}


def _metadata(status: int) -> dict[str, Any]:
    return {"RequestId": "sfn-cfn-build", "HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}


def _refuse_to_send(request: Any, **_: Any) -> None:
    raise NetworkRefusedError(str(request.url).partition("?")[0])
