from __future__ import annotations

from pathlib import Path

from worlds import see

from sfn_cfn.load.world import environment
from sfn_cfn.model import World

WORLD = World("739164285013", "ap-south-1")
HOME = Path("/empty")


def test_the_environment_keeps_what_is_the_projects() -> None:
    seen = environment(WORLD, HOME, {"PATH": "/bin", "STAGE": "dev", "PYTHONPATH": "lib"})
    assert (seen["PATH"], seen["STAGE"], seen["PYTHONPATH"]) == ("/bin", "dev", "lib")


def test_the_environment_forgets_the_account_the_user_and_the_way_out() -> None:
    given = dict.fromkeys(
        (
            "AWS_PROFILE",
            "AWS_SESSION_TOKEN",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            "AWS_ENDPOINT_URL",
            "AWS_ROLE_ARN",
            "AWS_DATA_PATH",
            "SAGEMAKER_ROLE",
            "BOTO_CONFIG",
            "XDG_CONFIG_HOME",
            "LC_TIME",
            "HOSTNAME",
        ),
        "given",
    )
    assert "given" not in environment(WORLD, HOME, given).values()


def test_the_environment_is_the_worlds() -> None:
    given = {
        "HOME": "/root",
        "TZ": "Asia/Tokyo",
        "AWS_REGION": "x",
        "HTTPS_PROXY": "http://corp",
        "USER": "me",
    }
    assert environment(WORLD, HOME, given) == {
        "HOME": "/empty",
        "USER": "sfn-cfn",
        "LOGNAME": "sfn-cfn",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "AWS_ACCESS_KEY_ID": "sfncfnbuild00000",
        "AWS_SECRET_ACCESS_KEY": "sfn-cfn-build",
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_CONFIG_FILE": "/empty/.aws/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/empty/.aws/credentials",
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": "/dev/null",
        "SAGEMAKER_USER_CONFIG_OVERRIDE": "/dev/null",
        "http_proxy": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "ftp_proxy": "http://127.0.0.1:9",
        "FTP_PROXY": "http://127.0.0.1:9",
        "all_proxy": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "no_proxy": "localhost,127.0.0.1,::1",
        "NO_PROXY": "localhost,127.0.0.1,::1",
    }


def test_user_code_and_its_subprocesses_see_the_world(tmp_path: Path) -> None:
    snippet = """
        import getpass, os, subprocess, sys, time
        program = "import os, time; print(os.environ['HOME'], os.environ['AWS_REGION'], time.tzname[0])"
        child = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True).stdout.split()
        os.umask(mask := os.umask(0))
        out = [child == [str(home), 'ap-south-1', 'UTC'], os.path.expanduser('~') == str(home), getpass.getuser(),
               time.tzname[0], oct(mask), list(home.iterdir())]
    """
    assert see(snippet, tmp_path) == [True, True, "sfn-cfn", "UTC", "0o22", []]


def test_one_world_is_seen_the_same_twice_whole(tmp_path: Path) -> None:
    snippet = """
        import boto3, datetime, tarfile, time, uuid
        (project / 'train.py').write_text('x')
        with tarfile.open(home.parent / 'source.tar.gz', 'w:gz') as tar: tar.add(project / 'train.py', 'train.py')
        key = f'job-{uuid.uuid4()}/{datetime.datetime.now():%Y-%m-%d-%H-%M-%S-%f}'
        boto3.client('s3').upload_file(str(home.parent / 'source.tar.gz'), 'data', key)
        out = [[u.key, u.sha256] for u in record.uploads] + [time.time(), uuid.uuid4().hex]
    """
    assert see(snippet, tmp_path) == see(snippet, tmp_path)


def test_a_default_session_made_before_the_world_has_no_say(tmp_path: Path) -> None:
    setup = """
        from sfn_cfn.load import world
        world.install()
        import boto3
        boto3.setup_default_session(region_name='eu-west-3')
    """
    assert (
        see("import boto3; out = boto3.client('s3').meta.region_name", tmp_path, setup=setup) == "ap-south-1"
    )


def test_uploads_lie_beside_the_home_which_stays_empty(tmp_path: Path) -> None:
    snippet = """
        import boto3
        boto3.client('s3').put_object(Bucket='data', Key='k', Body=b'x')
        out = [str(record.path(record.uploads[0]).parent.relative_to(home.parent)), list(home.iterdir())]
    """
    assert see(snippet, tmp_path) == ["home-uploads", []]
