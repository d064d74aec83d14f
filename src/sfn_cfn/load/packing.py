"""What sagemaker packs and uploads -> the same without keys and waste, and what its configurations only announce.

The SDK's steps take their parameters from `sagemaker.workflow.airflow`, which leaves some uploads to Airflow:
it names them under `S3Operations`, and the steps drop that. Those uploads are made here, as `deploy` and `fit`
make them. Files are chosen in one place, `_kept`, for archives and for folders.
"""

from __future__ import annotations

import functools
import importlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from sfn_cfn.errors import SourceLocation
from sfn_cfn.load import codes, ignore, places
from sfn_cfn.load.sdk import journal

_ARCHIVE = "/sourcedir.tar.gz"


def hook() -> None:
    """Replace the functions that pack, upload and announce, on sagemaker's modules. Once, after the import."""
    utils: Any = importlib.import_module("sagemaker.utils")
    session: Any = importlib.import_module("sagemaker.session").Session
    airflow: Any = importlib.import_module("sagemaker.workflow.airflow")
    steps: Any = importlib.import_module("stepfunctions.steps.sagemaker")
    utils.create_tar_file = create_tar_file
    utils._create_or_update_code_dir = _with_chosen_folder(utils._create_or_update_code_dir)
    session.upload_data = _with_chosen_files(session.upload_data)
    airflow.prepare_framework = _with_estimator_code(airflow.prepare_framework)
    airflow.prepare_framework_container_def = _with_model_code(airflow.prepare_framework_container_def)
    airflow.processing_config = _with_local_inputs(airflow.processing_config)
    steps.processing_config = airflow.processing_config


def create_tar_file(source_files: list[str], target: str | None = None) -> str:
    """In place of `sagemaker.utils.create_tar_file`: each source, whole, at the archive's top."""
    name = target or tempfile.mkstemp()[1]
    with tarfile.open(name, mode="w:gz", dereference=True) as archive:
        for source in source_files:
            top = os.path.basename(source)  # noqa: PTH119 (nothing behind a slash at the end, as sagemaker has it)
            for path, inside in _kept(Path(source), top):
                archive.add(path, arcname=inside, recursive=False)
    return name


def _kept(path: Path, inside: str) -> Iterator[tuple[Path, str]]:
    """A file, or a folder and all below it, as far as it may be uploaded, in the order of the names.

    Gives each path with its name under `inside`. What may not be is noted as a finding where it says much.
    """
    rules = _rules(journal.root)
    folder = path.is_dir()
    if rules.excludes(path, folder=folder):
        _say_left_out(path)
    elif _loops(path):
        return
    elif _leads_out(path, rules.root):
        message = f"'{_shown(path)}' is a symbolic link that leads out of the project"
        _note(codes.LINK_LEADS_OUT, message, "copy what it leads to into the project, or exclude the link")
    else:
        yield path, inside
        if folder:
            for item in sorted(path.iterdir()):
                yield from _kept(item, f"{inside}/{item.name}" if inside else item.name)


def _rules(root: Path) -> ignore.Ignore:
    if journal.ignore is None:
        journal.ignore = ignore.read(root)
    return journal.ignore


def _leads_out(path: Path, root: Path) -> bool:
    """A link may lead anywhere in the project; a folder that the author names may lie outside of it."""
    return path.is_symlink() and not path.resolve().is_relative_to(root)


def _loops(path: Path) -> bool:
    return path.is_symlink() and path.parent.resolve().is_relative_to(path.resolve())


def _say_left_out(path: Path) -> None:
    if ignore.is_secret(path.name):
        message = f"'{_shown(path)}' is left out of what is uploaded, because such files hold keys"
        _note(
            codes.KEY_LEFT_OUT,
            message,
            "keep secrets in AWS Secrets Manager; give another name to what is none",
        )


def _say_nothing(source: Path) -> None:
    message = f"'{_shown(source)}' holds no file to upload, so that its location in S3 is empty"
    _note(codes.NOTHING_TO_UPLOAD, message, "put a file into it, or take it out of .sfnignore")


def _shown(path: Path) -> str:
    return places.named(str(path.absolute()), journal.root)


def _note(code: Any, message: str, hint: str) -> None:
    place = journal.place(None) or SourceLocation("")
    journal.findings.append(code.at(place, message, hint))


def _with_chosen_files(plain: Callable[..., Any]) -> Callable[..., Any]:
    """`Session.upload_data` of the files that may be uploaded, each under the key that it would have."""

    @functools.wraps(plain)
    def upload_data(
        self: Any,
        path: Any,
        bucket: Any = None,
        key_prefix: Any = "data",
        callback: Any = None,
        extra_args: Any = None,
    ) -> Any:
        source = (
            Path(os.fspath(path).removeprefix("file://")) if isinstance(path, (str, os.PathLike)) else None
        )
        if source is None or not source.exists():
            return plain(self, path, bucket, key_prefix, callback, extra_args)
        with tempfile.TemporaryDirectory() as empty:
            if not source.is_dir():
                if list(_kept(source, "")):
                    return plain(self, str(source), bucket, key_prefix, callback, extra_args)
                if not ignore.is_secret(source.name):
                    _say_nothing(source)
                uri = plain(self, empty, bucket, key_prefix, callback, extra_args)
                return f"{uri}/{source.name}"
            files = [(file, inside) for file, inside in _kept(source, "") if file.is_file()]
            for file, inside in files:
                folders = inside.split("/")[:-1]
                prefix = "/".join((key_prefix, *folders)) if folders else key_prefix
                plain(self, str(file), bucket, prefix, callback, extra_args)
            if not files:
                _say_nothing(source)
            # An empty folder uploads nothing, and says what the location is called.
            return plain(self, empty, bucket, key_prefix, callback, extra_args)

    return upload_data


def _with_chosen_folder(plain: Callable[..., Any]) -> Callable[..., Any]:
    """`_create_or_update_code_dir`, which copies a model's code, from a copy without what is left out."""

    @functools.wraps(plain)
    def update(model_dir: Any, script: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        if not source or str(source).lower().startswith("s3://"):
            return plain(model_dir, script, source, *args, **kwargs)
        with tempfile.TemporaryDirectory() as folder:
            chosen = Path(folder, "code")
            for path, inside in _kept(Path(source), ""):
                place = chosen / inside
                if path.is_dir():
                    place.mkdir(parents=True, exist_ok=True)
                else:
                    shutil.copy2(path, place)
            return plain(model_dir, script, str(chosen), *args, **kwargs)

    return update


def _with_estimator_code(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Upload the archive that a training or tuning configuration names, where it is not there already.

    `prepare_workflow_for_training` has uploaded one, with a `code_location` under the name of another job.
    """

    @functools.wraps(plain)
    def prepare_framework(estimator: Any, s3_operations: Any) -> Any:
        made = plain(estimator, s3_operations)
        if s3_operations.get("S3Upload"):
            _upload_code(estimator, getattr(estimator, "dependencies", None))
        return made

    return prepare_framework


def _with_model_code(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Upload the archive that a framework model's configuration names."""

    @functools.wraps(plain)
    def prepare(model: Any, instance_type: Any, s3_operations: Any) -> Any:
        made = plain(model, instance_type, s3_operations)
        if s3_operations.get("S3Upload"):
            _upload_code(model, getattr(model, "dependencies", None))
        return made

    return prepare


def _upload_code(owner: Any, dependencies: Any) -> None:
    """The archive at the place that the definition names: `S3Upload` itself leaves a prefix of the session out."""
    location = urlparse(owner.uploaded_code.s3_prefix)
    bucket, key = location.netloc, location.path.lstrip("/")
    if not key.endswith(_ARCHIVE) or journal.uploaded(bucket, key):
        return
    session = owner.sagemaker_session
    importlib.import_module("sagemaker.fw_utils").tar_and_upload_dir(
        session=session.boto_session,
        bucket=bucket,
        s3_key_prefix=key.removesuffix(_ARCHIVE),
        script=owner.entry_point,
        directory=owner.source_dir,
        dependencies=dependencies,
        s3_resource=session.s3_resource,
        settings=session.settings,
    )


def _with_local_inputs(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Upload a processing job's local files, as `Processor.run` does and the configuration does not."""

    @functools.wraps(plain)
    def processing_config(processor: Any, inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
        if any(_is_local(item) for item in inputs or ()):
            name = kwargs.get("job_name") or (args[1] if len(args) > 1 else None)
            before = getattr(processor, "_current_job_name", None)
            processor._current_job_name = name or processor._generate_current_job_name()
            inputs = processor._normalize_inputs(list(inputs))
            processor._current_job_name = before
        return plain(processor, inputs, *args, **kwargs)

    return processing_config


def _is_local(item: Any) -> bool:
    uri = getattr(getattr(item, "s3_input", None), "s3_uri", None)
    if not isinstance(uri, str) or uri.startswith(("$", "{%")):
        return False
    return urlparse(uri).scheme in ("", "file") and Path(uri.removeprefix("file://")).exists()
