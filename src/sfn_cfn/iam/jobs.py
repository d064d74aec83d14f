"""Definition -> the policy of the SageMaker role: what the jobs that run under it name.

Sources: the SageMaker developer guide, "SageMaker AI roles" (execution role permissions by API) and the
service authorization reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sfn_cfn.errors import Diagnostic
from sfn_cfn.iam import roles, storage
from sfn_cfn.iam.arns import Shapes, Target, arn
from sfn_cfn.iam.codes import SFN501, malformed
from sfn_cfn.iam.entries import Job, Resource
from sfn_cfn.iam.forms import targets
from sfn_cfn.iam.statements import PolicyDocument, Statement, minimise, shown, statement
from sfn_cfn.iam.storage import Access, Kind, Location
from sfn_cfn.iam.table import JOBS
from sfn_cfn.iam.table.jobs import GROUND_TRUTH_FUNCTIONS
from sfn_cfn.iam.values import ANY, UNKNOWN, Value, fold, nodes, parameters, values
from sfn_cfn.model import Definition, Node, State, Text, text

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
LOG = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
)
NETWORK = (
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
ENCRYPT = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")
"""Writing in parts also decrypts (S3 user guide, "Multipart upload permissions")."""

MODEL_ARTIFACTS = "S3ModelArtifacts"
"""The field of a training job's result that tells where it wrote the model."""

_KEY = Resource("kms", "key/", "", "key")
_FUNCTION = Resource("lambda", "function:", "", "function")
_FOR_AWS = ("Bool", "kms:GrantIsForAWSResource", ("true",))
_TRAINING = ("sagemaker:createTrainingJob", "sagemaker:createHyperParameterTuningJob")


def derive_job_policy(definition: Definition, faults: list[Diagnostic]) -> PolicyDocument:
    """The policy of the template's SageMaker role; what cannot be derived is appended to `faults`."""
    found: list[Statement] = []
    accesses: list[Access] = []
    kinds: set[str] = set()
    for reader, job in _readers(definition, faults):
        accesses += reader.accesses(job)
        found += reader.statements(job)
        kinds |= reader.log_kinds(job)
    return minimise([*found, *storage.statements(accesses), *_logs(sorted(kinds))])


def needs(definition: Definition) -> Iterator[tuple[State, Statement]]:
    """What each job needs of the role by itself, with its state: what the policy is made of, not merged."""
    for reader, job in _readers(definition, []):
        own = [*reader.statements(job), *storage.statements(reader.accesses(job))]
        yield from ((reader.state, needed) for needed in (*own, *_logs(sorted(reader.log_kinds(job)))))


def _readers(definition: Definition, faults: list[Diagnostic]) -> Iterator[tuple[_Reader, Job]]:
    shapes = {item.name: item for item in definition.parameters}
    artifacts = tuple(_artifacts(definition))
    for state, job in jobs_under_role(definition):
        yield _Reader(state, parameters(state.node), shapes, artifacts, faults), job


def _name(state: State) -> str:
    call = state.integration
    return f"{call.service}:{call.action}" if call else ""


def jobs_under_role(definition: Definition) -> Iterator[tuple[State, Job]]:
    """Calls that pass the template's role, and those that run under the role of a model that does."""
    passing = {state.path for state in definition.states if roles.passes_template_role(state)}
    models = any(
        state.path in passing and _name(state) == "sagemaker:createModel" for state in definition.states
    )
    for state in definition.states:
        job = JOBS.get(_name(state))
        if job and (state.path in passing or (models and not any(roles.passed_roles(state)))):
            yield state, job


def _artifacts(definition: Definition) -> Iterator[Value]:
    """Where the definition's training jobs write their models."""
    for state in definition.states:
        if _name(state) in _TRAINING:
            for path in JOBS[_name(state)].folders:
                if path.endswith("OutputDataConfig.S3OutputPath") and "TensorBoard" not in path:
                    yield from values(parameters(state.node), path)


class _Reader:
    """Reads one call's parameters by the table's paths."""

    def __init__(
        self,
        state: State,
        given: Node,
        shapes: Shapes,
        artifacts: tuple[Value, ...],
        faults: list[Diagnostic],
    ) -> None:
        self.state = state
        self.given = given
        self.shapes = shapes
        self.artifacts = artifacts
        self.faults = faults

    def statements(self, job: Job) -> Iterator[Statement]:
        """All that a call needs of the role its work runs under."""
        for path in job.refused:
            if any(True for _ in nodes(self.given, path)) and not isinstance(self.given, Value):
                self._refuse(path)
        for path in job.packages:
            if any(is_of_this_account(value) for value in self._values((path,))):
                self._refuse(path)
        yield from _images(self._values(job.images))
        yield from self._keys(job)
        yield from self._networks(job)
        yield from self._providers(job)
        yield from self._invoke("AnnotationFunctions", job.functions)

    def log_kinds(self, job: Job) -> set[str]:
        """The kinds of jobs whose logs are written."""
        ruled = any(True for path in job.rules for _ in nodes(self.given, path))
        return {job.logs, "ProcessingJobs"} if ruled else {job.logs}

    def _refuse(self, path: str) -> None:
        field = path.rpartition(".")[2].removesuffix("[]")
        known = [
            one for one in nodes(self.given, path) if not (isinstance(one, Value) and one.text == UNKNOWN)
        ]
        if known:
            self.faults.append(
                SFN501.at(
                    self.state.location,
                    f"task '{self.state.name}' has '{field}', and what its role needs for that is not known",
                    "give the role's ARN and set keep_role for this workflow",
                )
            )

    def _values(self, paths: tuple[str, ...]) -> Iterator[Value]:
        return (value for path in paths for value in values(self.given, path) if value.text)

    def accesses(self, job: Job) -> Iterator[Access]:
        """The places in S3 that a call reads and writes."""
        for path in job.sources:
            for source in nodes(self.given, path):
                for value, kind in _source(source):
                    yield from self._access(path, value, kind, read=True)
        for path in job.objects:
            yield from self._each(path, self._object_kind(path), read=True)
        for path in job.folders:
            yield from self._each(path, "folder", write=True)
        for path in job.synced:
            yield from self._each(path, "folder", read=True, write=True)
        for path in job.manifests:
            yield from self._each(path, "bucket", read=True)
        yield from self._texts(job)

    def _texts(self, job: Job) -> Iterator[Access]:
        """The places in S3 in texts that may hold anything."""
        directories = {shown(value.text) for value in self._values(job.directories)}
        for path in job.directories:
            yield from self._each(path, "folder", read=True, write=True, only_uris=True)
        for value in self._values(job.environment):
            if shown(value.text) not in directories:
                yield from self._mentioned("Environment", value)
        for value in self._values(job.arguments):
            yield from self._mentioned("ContainerArguments", value)

    def _mentioned(self, path: str, value: Value) -> Iterator[Access]:
        """The URIs in a text that does not say whether they are read or written; inputs are the rule."""
        for uri in storage.uris_within(value.text, self.shapes):
            found = Value(uri, value.expression)
            yield from self._access(path, found, _environment_kind(found), read=True)

    def _object_kind(self, path: str) -> Kind:
        """A container of several models reads any archive below its URI."""
        modes = values(self.given, f"{path.rpartition('.')[0]}.Mode")
        return "prefix" if any(mode.text == "MultiModel" for mode in modes) else "object"

    def _each(
        self, path: str, kind: Kind, *, read: bool = False, write: bool = False, only_uris: bool = False
    ) -> Iterator[Access]:
        for value in self._values((path,)):
            if not only_uris or storage.is_uri(value.text, self.shapes):
                yield from self._access(path, value, kind, read=read, write=write)

    def _access(
        self, path: str, value: Value, kind: Kind, *, read: bool = False, write: bool = False
    ) -> Iterator[Access]:
        wanted = [(value, kind)]
        from_job = MODEL_ARTIFACTS in value.expression and "$$.Execution.Input" not in value.expression
        if from_job and self.artifacts:
            wanted = [(one, "folder") for one in self.artifacts]
        for one, shape in wanted:
            if found := self._location(path, one, shape):
                yield Access(found, read, write)

    def _location(self, path: str, value: Value, kind: Kind) -> Location | None:
        try:
            return storage.location(value.text, kind, self.shapes)
        except ValueError as error:
            self.faults.append(malformed(self.state, path, value, error))
            return None

    def _keys(self, job: Job) -> Iterator[Statement]:
        for path in job.written_keys:
            for value in self._values((path,)):
                for key, narrower in self._key(path, value):
                    yield statement("EncryptOutput", ENCRYPT, [key], narrower)
        for path in job.volume_keys:
            for value in self._values((path,)):
                for key, narrower in self._key(path, value):
                    yield statement("EncryptVolumes", ["kms:CreateGrant"], [key], (_FOR_AWS, *narrower))

    def _key(self, path: str, value: Value) -> list[Target]:
        try:
            return targets(_KEY, value.text, self.shapes)
        except ValueError as error:
            self.faults.append(malformed(self.state, path, value, error))
            return []

    def _providers(self, job: Job) -> Iterator[Statement]:
        """The functions that SageMaker calls, under this role, for the credentials of a private registry."""
        yield from self._invoke("RegistryCredentials", job.providers)

    def _invoke(self, sid: str, paths: tuple[str, ...]) -> Iterator[Statement]:
        for path in paths:
            for value in self._values((path,)):
                if _is_of_ground_truth(value):
                    continue
                try:
                    found = [one for one, _ in targets(_FUNCTION, value.text, self.shapes)]
                except ValueError as error:
                    self.faults.append(malformed(self.state, path, value, error))
                    continue
                yield statement(sid, ["lambda:InvokeFunction"], found)

    def _networks(self, job: Job) -> Iterator[Statement]:
        for path in job.networks:
            for network in nodes(self.given, path):
                yield from _interfaces(network)


def is_of_this_account(package: Value) -> bool:
    """Whether a package or an algorithm is known to be the stack's own, by its name or its ARN.

    Behind one of this account are an image and a model which the role must reach; one of another account may
    come from the Marketplace, for which the role needs nothing.
    """
    fields = fold(package.text).string.split(":")
    return package.text != UNKNOWN and not (fields[0] == "arn" and fields[4:5] and fields[4].isdigit())


def _is_of_ground_truth(function: Value) -> bool:
    """Whether a function is one of Ground Truth's own, in its account."""
    fields = fold(function.text).string.split(":")
    return len(fields) > 6 and fields[4].isdigit() and fields[6].startswith(GROUND_TRUTH_FUNCTIONS)


def _environment_kind(value: Value) -> Kind:
    """A text in the environment is an archive of code, or a place of which nothing more is known."""
    return "object" if shown(value.text).strip('"').endswith(".tar.gz") else "prefix"


def _source(source: Node) -> Iterator[tuple[Value, Kind]]:
    """The URI of an `S3DataSource` or `S3Input`, and what it is the start of."""
    if isinstance(source, Value):
        yield source, "prefix"
        return
    kinds = [value.text for value in values(source, "S3DataType")]
    kind: Kind = "object" if "S3Object" in kinds else "prefix"
    if any(isinstance(one, str) and one.endswith("ManifestFile") for one in kinds):
        # A manifest names objects that nothing else names; they are in its bucket as a rule.
        kind = "bucket"
    for value in values(source, "S3Uri"):
        yield value, kind


def _images(images: Iterator[Value]) -> Iterator[Statement]:
    """The repositories of images; those of SageMaker are in other accounts."""
    repositories = [found for image in images for found in _repository(image.text)]
    if repositories:
        yield statement("PullImages", PULL, repositories)
        yield statement("PullImagesToken", ["ecr:GetAuthorizationToken"], [UNKNOWN])


def _repository(image: str | Text) -> Iterator[str | Text]:
    folded = fold(image)
    host, _, path = folded.string.partition("/")
    labels = host.split(".")
    if len(labels) > 4 and labels[1] == "dkr" and labels[2].startswith("ecr"):
        name = path.partition("@")[0].partition(":")[0]
        account, region = folded.part(labels[0]), folded.part(labels[3])
        yield arn("ecr", "repository/", folded.part(name), region=region, account=account)
    elif folded.tokens:
        yield arn("ecr", "repository/", ANY, account=ANY)


def _logs(kinds: list[str]) -> Iterator[Statement]:
    """The log groups of kinds of jobs (each endpoint has its own) and their metrics."""
    for kind in kinds:
        group = arn("logs", f"log-group:/aws/sagemaker/{kind}")
        wanted = [text(group, "/", ANY)] if kind == "Endpoints" else [group, text(group, ":", ANY)]
        yield statement("WriteLogs", LOG, wanted)
    if kinds:
        spaces = tuple(f"/aws/sagemaker/{kind}" for kind in kinds)
        condition = ("StringEquals", "cloudwatch:namespace", spaces)
        yield statement("PutMetrics", ["cloudwatch:PutMetricData"], [UNKNOWN], [condition])


def _interfaces(network: Node) -> Iterator[Statement]:
    """Network interfaces in the subnets and with the security groups that are named."""
    subnets = [one.text for one in values(network, "Subnets[]")]
    groups = [one.text for one in values(network, "SecurityGroupIds[]")]
    if isinstance(network, Mapping) and not (subnets or groups):
        return
    interface = arn("ec2", "network-interface/", ANY)
    yield statement("NetworkInterfaces", INTERFACES, [interface])
    wanted = [
        # A subnet shared by another account has that account in its ARN.
        arn("ec2", f"{kind}/", one, **({} if one == UNKNOWN else {"account": ANY}))
        for kind, ones in (("subnet", subnets), ("security-group", groups))
        for one in ones
    ]
    yield statement("NetworkInterfacesIn", ["ec2:CreateNetworkInterface"], wanted)
    yield statement("Network", NETWORK, [UNKNOWN])
