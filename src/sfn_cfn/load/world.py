"""World -> a process in which user code sees that world and nothing of the machine that builds.

`install` is called once, in the process that imports the SDK, before the import; `enter` in each forked
process that runs user code.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping
from pathlib import Path

from sfn_cfn.load import archives, aws, clock, entropy, network, replace
from sfn_cfn.model import World

_FORGOTTEN_PREFIXES = ("AWS_", "SAGEMAKER_", "BOTO", "XDG_", "LC_", "SM_")
_FORGOTTEN = {"HOME", "LANGUAGE", "LNAME", "USERNAME", "MAIL", "HOSTNAME", "NETRC", "SSH_AUTH_SOCK"}
_REFUSING_PROXY = "http://127.0.0.1:9"
_LOCAL = "localhost,127.0.0.1,::1"


def environment(world: World, home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that user code sees: the given ones, without what names the machine, its user, AWS.

    `home` is an empty folder. The sign-in is a dummy, the configuration files do not exist, there is no
    metadata service, and a proxy refuses (for programs that no namespace holds).
    """
    kept = {
        name: value
        for name, value in given.items()
        if not name.startswith(_FORGOTTEN_PREFIXES)
        and name not in _FORGOTTEN
        and not name.lower().endswith("_proxy")
    }
    proxies = {
        spelling: _REFUSING_PROXY
        for name in ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
        for spelling in (name, name.upper())
    }
    missing = home / ".aws"
    return {
        **kept,
        **proxies,
        "no_proxy": _LOCAL,
        "NO_PROXY": _LOCAL,
        "HOME": str(home),
        "LOGNAME": entropy.USER,
        "USER": entropy.USER,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "AWS_ACCESS_KEY_ID": "sfncfnbuild00000",
        "AWS_SECRET_ACCESS_KEY": "sfn-cfn-build",
        "AWS_REGION": world.region,
        "AWS_DEFAULT_REGION": world.region,
        "AWS_CONFIG_FILE": str(missing / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(missing / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        # The SDK refuses a file that is not there, and takes an empty one for no settings.
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": os.devnull,
        "SAGEMAKER_USER_CONFIG_OVERRIDE": os.devnull,
    }


@functools.cache
def install() -> None:
    """Make the replacements that `enter` turns on; until then they act as the originals, save for AWS.

    AWS calls are refused from here on. Costs the import of botocore. Once is enough: what is imported later
    takes the replacements, and looking for the originals again would cost each run 50 ms.
    """
    clock.install()
    entropy.install()
    network.install()
    aws.install()
    replace.spread()


def enter(world: World, home: Path, project: Path, uploads: Path | None = None) -> aws.Recorder:
    """Turn this process into the world's; gives the record of its AWS calls. Calls `install` where needed.

    `home`: an empty folder. `project`: the root by which user files are named. `uploads`: where the bodies
    of uploads go, by default a folder beside `home`; it is made with the first upload.
    """
    install()
    recorder = aws.Recorder(uploads or home.with_name(f"{home.name}-uploads"), project)
    variables = environment(world, home, os.environ)
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    os.umask(0o022)
    network.refuse()
    archives.pin()
    aws.answer(world, recorder)
    entropy.pin(world)
    clock.pin(world)
    return recorder
