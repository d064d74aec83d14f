"""The SDK, imported once in a parent -> an SDK that notes what a source makes and deploys nothing.

`preload` imports it and keeps what that does to the process (`undo`, `redo`); `hook` replaces methods on
its classes. Both run in the parent; `journal` is filled in the child that runs the source.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import inspect
import logging
import os
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.load import places
from sfn_cfn.load.ignore import Ignore

PLACE = "_sfn_cfn_place"
DESCRIPTION = "_sfn_cfn_description"
PRELOADED = (
    "stepfunctions",
    "sagemaker.estimator",
    "sagemaker.inputs",
    "sagemaker.processing",
    "sagemaker.sklearn",
    "sagemaker.sklearn.processing",
    "sagemaker.tuner",
    "sagemaker.xgboost",
    "sagemaker.pytorch",
    "sagemaker.tensorflow",
    "sagemaker.huggingface",
    "stepfunctions.template.pipeline",
)


class Journal:
    """What one run has made so far. `deployed` is the number of AWS calls without answer before it did.

    `uploaded` tells whether an object is in S3; `findings` are those of what is packed, `ignore` its rules.
    """

    def __init__(self) -> None:
        self.root = Path()
        self.account = "111122223333"
        self.workflows: list[tuple[Any, SourceLocation | None]] = []
        self.pipelines: list[tuple[Any, Any]] = []
        self.deployed: int | None = None
        self.unanswered: Callable[[], int] = lambda: 0
        self.uploaded: Callable[[str, str], bool] = lambda _bucket, _key: False
        self.findings: list[Diagnostic] = []
        self.ignore: Ignore | None = None

    def place(self, made: Any) -> SourceLocation | None:
        """The user's line that makes `made`."""
        return places.nearest(self.root, made)

    def deploy(self) -> None:
        """Note that the source has begun to deploy or run what it made."""
        if self.deployed is None:
            self.deployed = self.unanswered()


journal = Journal()


class LazyClient:
    """A client that is made when something other than its configuration is asked for."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._client_config = types.SimpleNamespace(user_agent="", user_agent_extra="", region_name=None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = self.__dict__.get("_made")
        if made is None:
            made = self.__dict__["_made"] = self._make()
        return getattr(made, name)


class _Effects:
    """What importing the SDK does to the whole process: before and after."""

    def __init__(self) -> None:
        self.before = self._now()
        self.after = self.before

    @staticmethod
    def _now() -> tuple[int, dict[Any, Any], Any]:
        import yaml  # noqa: PLC0415 (heavy, and only where the SDK runs)

        return logging.getLogger().level, dict(yaml.SafeDumper.yaml_representers), sys.excepthook

    def note(self) -> None:
        self.after = self._now()

    @staticmethod
    def put(state: tuple[int, dict[Any, Any], Any]) -> None:
        import yaml  # noqa: PLC0415

        logging.getLogger().setLevel(state[0])
        yaml.SafeDumper.yaml_representers = dict(state[1])
        sys.excepthook = state[2]


_effects: list[_Effects] = []


def preload() -> None:
    """Import the SDK and what sources commonly import with it. Raises what the imports raise."""
    _answer_pkg_resources()
    effects = _Effects()
    boto3_session = importlib.import_module("boto3.session")
    real = boto3_session.Session.client
    boto3_session.Session.client = _lazy_client(real)
    try:
        for name in PRELOADED:
            importlib.import_module(name)
    finally:
        boto3_session.Session.client = real
    logging.getLogger("sagemaker.config").setLevel(logging.WARNING)
    effects.note()
    effects.put(effects.before)
    _effects[:] = [effects]


def redo() -> None:
    """Give the process the state that a script has after `import stepfunctions`."""
    for effects in _effects:
        effects.put(effects.after)


def _answer_pkg_resources() -> None:
    """Stand in for a module that stepfunctions 2.3.0 asks for its own version only.

    The real one takes a fifth of the whole import, and setuptools 81 and later have none.
    """
    if "pkg_resources" in sys.modules:
        return
    from importlib import metadata  # noqa: PLC0415 (only where the SDK runs)

    class Distribution:
        def __init__(self, name: str) -> None:
            self.project_name = self.key = name

        @property
        def version(self) -> str:
            return metadata.version(self.project_name)

    stub: Any = types.ModuleType("pkg_resources")
    stub.require = lambda *names: [Distribution(str(name)) for name in names]
    stub.get_distribution = Distribution
    stub.DistributionNotFound = metadata.PackageNotFoundError
    sys.modules["pkg_resources"] = stub


def _lazy_client(real: Callable[..., Any]) -> Callable[..., Any]:
    """`boto3.Session.client` while importing: sagemaker.jumpstart makes clients that few sources use."""

    def client(self: Any, *args: Any, **kwargs: Any) -> LazyClient:
        return LazyClient(lambda: real(self, *args, **kwargs))

    return client


def warm() -> None:
    """Read the endpoints that image URIs and partitions are looked up in. After `hook`."""
    importlib.import_module("sagemaker.utils")._botocore_resolver()


def hook() -> None:
    """Replace what records, deploys and runs on the SDK's classes. Once, after `preload`."""
    states: Any = importlib.import_module("stepfunctions.steps.states")
    machine: Any = importlib.import_module("stepfunctions.workflow.stepfunctions")
    common: Any = importlib.import_module("stepfunctions.template.pipeline.common")
    _note_states(states.State)
    _note_workflows(machine.Workflow)
    _note_pipelines(common.WorkflowTemplate)
    _quiet_workflow(machine)
    _quiet_execution(machine)
    _memoise_partition()
    _accept_tokens()
    for module, name in (("sagemaker.estimator", "EstimatorBase"), ("sagemaker.processing", "Processor")):
        _accept_empty_role(getattr(importlib.import_module(module), name))
    importlib.import_module("sfn_cfn.load.packing").hook()


def _accept_empty_role(made: Any) -> None:
    """Take `role=""`, which sagemaker refuses, for a role still to be named: the template's stands there."""
    plain = made.__init__
    signature = inspect.signature(plain)

    @functools.wraps(plain)
    def init(*args: Any, **kwargs: Any) -> None:
        given = signature.bind_partial(*args, **kwargs)
        if given.arguments.get("role") == "":
            given.arguments["role"] = "SageMakerRole"
        plain(*given.args, **given.kwargs)

    made.__init__ = init


def _accept_tokens() -> None:
    """Take a URI that begins with a token (`${Data}/train`) for one in S3.

    sagemaker refuses it as a channel and uploads it as a local file from a processing job.
    """
    job: Any = importlib.import_module("sagemaker.job")._Job
    processing: Any = importlib.import_module("sagemaker.processing")
    plain, parse = job._format_string_uri_input, processing.urlparse

    @functools.wraps(plain)
    def format_uri(uri_input: Any, validate_uri: bool = True, *args: Any, **kwargs: Any) -> Any:
        token = isinstance(uri_input, str) and uri_input.startswith("${")
        return plain(uri_input, validate_uri and not token, *args, **kwargs)

    def urlparse(url: Any, *args: Any, **kwargs: Any) -> Any:
        token = isinstance(url, str) and url.startswith("${")
        return parse(f"s3://{url}" if token else url, *args, **kwargs)

    job._format_string_uri_input = staticmethod(format_uri)
    processing.urlparse = urlparse


def _note_states(state: Any) -> None:
    plain = state.__init__

    @functools.wraps(plain)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        self.__dict__.setdefault(PLACE, journal.place(self))
        plain(self, *args, **kwargs)

    state.__init__ = init


def _note_workflows(workflow: Any) -> None:
    plain, write = workflow.__init__, workflow.get_cloudformation_template

    @functools.wraps(plain)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) < 11 and not kwargs.get("client"):
            kwargs["client"] = LazyClient(lambda: importlib.import_module("boto3").client("stepfunctions"))
        plain(self, *args, **kwargs)
        journal.workflows.append((self, journal.place(self)))

    @functools.wraps(write)
    def get_cloudformation_template(self: Any, description: str | None = None) -> Any:
        self.__dict__[DESCRIPTION] = description
        return write(self, description)

    workflow.__init__ = init
    workflow.get_cloudformation_template = get_cloudformation_template


def _note_pipelines(template: Any) -> None:
    plain = template.__init__

    @functools.wraps(plain)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        plain(self, *args, **kwargs)
        import copy  # noqa: PLC0415

        journal.pipelines.append((self, copy.deepcopy(getattr(self, "input_template", None))))

    template.__init__ = init


def _deploys(answer: Callable[..., Any]) -> Callable[..., Any]:
    """A method that only notes the call and answers."""

    def method(*args: Any, **kwargs: Any) -> Any:
        journal.deploy()
        return answer(*args, **kwargs)

    return method


def _arn(workflow: Any, kind: str = "stateMachine", suffix: str = "") -> str:
    """What AWS would have answered, as far as anybody can tell without it."""
    region = os.environ.get("AWS_DEFAULT_REGION", "us-west-2")
    return f"arn:aws:states:{region}:{journal.account}:{kind}:{workflow.name}{suffix}"


def _quiet_workflow(machine: Any) -> None:
    cls = machine.Workflow

    def create(self: Any) -> str:
        self.state_machine_arn = self.state_machine_arn or _arn(self)
        return str(self.state_machine_arn)

    def update(self: Any, definition: Any = None, role: Any = None) -> str:
        if definition is not None and not isinstance(definition, machine.Graph):
            fields = {name: getattr(self, name) for name in ("timeout_seconds", "comment", "version")}
            definition = machine.Graph(definition, **fields)
        self.definition = definition or self.definition
        self.role = role or self.role
        return create(self)

    def execute(self: Any, name: str | None = None, inputs: Any = None) -> Any:
        del inputs
        create(self)
        return _execution(machine, self, name)

    def attach(cls: Any, state_machine_arn: str, client: Any = None) -> Any:
        del client
        made = cls.__new__(cls)
        graph = machine.FrozenGraph({"StartAt": "Unknown", "States": {"Unknown": {"Type": "Succeed"}}})
        made.__dict__.update(
            {"name": str(state_machine_arn).rsplit(":", 1)[-1], "definition": graph, "role": "", "tags": []}
        )
        made.__dict__.update({"state_machine_arn": state_machine_arn, "workflow_input": None})
        made.__dict__.update({"timeout_seconds": None, "comment": None, "version": None})
        made.__dict__.update({"format_json": True, "client": LazyClient(lambda: None)})
        return made

    cls.create = _deploys(create)
    cls.update = _deploys(update)
    cls.execute = _deploys(execute)
    cls.delete = _deploys(lambda *_args, **_kwargs: None)
    cls.list_executions = _deploys(lambda *_args, **_kwargs: machine.ExecutionsList())
    cls.list_workflows = classmethod(_deploys(lambda *_args, **_kwargs: machine.WorkflowList()))
    cls.attach = classmethod(_deploys(attach))
    cls.render_graph = lambda *_args, **_kwargs: None


def _execution(machine: Any, workflow: Any, name: str | None) -> Any:
    label = name or "execution"
    return machine.Execution(
        workflow=workflow,
        execution_arn=_arn(workflow, "execution", f":{label}"),
        start_date=_epoch(),
        status=machine.ExecutionStatus.Succeeded,
        client=workflow.client,
        name=name,
    )


def _epoch() -> datetime.datetime:
    return datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def _quiet_execution(machine: Any) -> None:
    cls = machine.Execution

    def describe(self: Any) -> dict[str, Any]:
        return {
            "executionArn": self.execution_arn,
            "stateMachineArn": getattr(self.workflow, "state_machine_arn", None),
            "name": self.name or "execution",
            "status": "SUCCEEDED",
            "startDate": _epoch(),
            "stopDate": _epoch(),
            "input": "{}",
            "output": "{}",
        }

    cls.describe = _deploys(describe)
    cls.stop = _deploys(lambda *_args, **_kwargs: {"stopDate": _epoch()})
    cls.list_events = _deploys(lambda *_args, **_kwargs: machine.EventsList())
    cls.get_input = _deploys(lambda *_args, **_kwargs: {})
    cls.get_output = _deploys(lambda *_args, **_kwargs: {})
    cls.render_progress = _deploys(lambda *_args, **_kwargs: None)


def _memoise_partition() -> None:
    """Look a region's partition up once: the SDK reads two service models for it in each service step."""
    utils: Any = importlib.import_module("sagemaker.utils")
    boto3_session: Any = importlib.import_module("boto3.session")
    unknown: Any = importlib.import_module("botocore.exceptions").UnknownRegionError
    resolver = functools.cache(utils._botocore_resolver)
    utils._botocore_resolver = resolver

    @functools.cache
    def partition_of(region: str) -> str:
        try:
            return str(resolver().get_partition_for_region(region))
        except unknown:
            return "aws"

    def get_aws_partition() -> str:
        # A session looks into this variable first; making one takes 5 ms for each step.
        region = os.environ.get("AWS_DEFAULT_REGION") or boto3_session.Session().region_name
        return partition_of(region) if region else "aws"

    for name, module in list(sys.modules.items()):
        if name.startswith("stepfunctions") and hasattr(module, "get_aws_partition"):
            vars(module)["get_aws_partition"] = get_aws_partition


def input_of(pipeline: Any, template: Any) -> Any:
    """The execution input that `pipeline.execute()` makes of `template`; `template` where it makes none."""
    import copy  # noqa: PLC0415

    workflow, kept = pipeline.workflow, pipeline.input_template
    sent: list[Any] = []
    pipeline.input_template = given = copy.deepcopy(template)
    # InferencePipeline.execute() looks into hyperparameters that an estimator without any leaves out.
    parts = given.values() if isinstance(given, dict) else ()
    bare = [one for one in parts if isinstance(one, dict) and "HyperParameters" not in one]
    for one in bare:
        one["HyperParameters"] = {}
    workflow.__dict__["execute"] = lambda inputs=None, **_kwargs: sent.append(inputs)
    try:
        pipeline.execute(job_name=workflow.name)
    except (KeyError, IndexError, TypeError, AttributeError):
        # A custom estimator may lack what `execute` fills in.
        return template
    finally:
        del workflow.__dict__["execute"]
        pipeline.input_template = kept
        for one in bare:
            del one["HyperParameters"]
    return sent[0] if sent else template
