from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from worlds import SECOND, see

HEAD = """
import boto3, botocore, json
from botocore.exceptions import ClientError
def failing(act, **kwargs):
    try: act(**kwargs)
    except Exception as error: return [type(error).__name__, str(error)]
"""


def look(snippet: str, folder: Path, **options: Any) -> Any:
    return see(HEAD + snippet, folder, **options)


def test_sts_names_the_worlds_account(tmp_path: Path) -> None:
    snippet = """
found = boto3.client('sts').get_caller_identity()
out = [found['Account'], found['Arn']]
"""
    assert look(snippet, tmp_path) == [
        "739164285013",
        "arn:aws:sts::739164285013:assumed-role/sfn-cfn-build/sfn-cfn-build",
    ]
    assert look(snippet, tmp_path, world=SECOND)[0] == "814620937561"


def test_any_profile_is_the_worlds_account_and_region(tmp_path: Path) -> None:
    snippet = """
s = boto3.Session(profile_name='prod')
set_region = boto3.Session(profile_name='prod', region_name='eu-west-3')
out = [s.profile_name, s.region_name, s.client('sts').get_caller_identity()['Account'],
       s.client('s3').meta.region_name, set_region.client('s3').meta.region_name, s.get_credentials().method]
"""
    expected = ["prod", "ap-south-1", "739164285013", "ap-south-1", "eu-west-3", "env"]
    assert look(snippet, tmp_path) == expected


def test_a_session_has_the_worlds_region_and_a_sign_in(tmp_path: Path) -> None:
    snippet = """
s = boto3.Session()
out = [s.region_name, boto3.client('s3').meta.region_name, s.get_credentials().method, s.available_profiles]
"""
    assert look(snippet, tmp_path) == ["ap-south-1", "ap-south-1", "env", []]


def test_iam_gives_the_role_that_is_asked_for(tmp_path: Path) -> None:
    snippet = """
role = boto3.client('iam').get_role(RoleName='ml')['Role']
out = [role['Arn'], role['AssumeRolePolicyDocument']['Statement'][0]['Principal']]
"""
    assert look(snippet, tmp_path) == [
        "arn:aws:iam::739164285013:role/ml",
        {"Service": "sagemaker.amazonaws.com"},
    ]


def test_the_default_bucket_is_there(tmp_path: Path) -> None:
    snippet = """
s3 = boto3.resource('s3')
s3.meta.client.head_bucket(Bucket='sagemaker-ap-south-1-739164285013')
out = [bucket.name for bucket in s3.buckets.all()]
s3.create_bucket(Bucket='another', CreateBucketConfiguration={'LocationConstraint': 'ap-south-1'})
out += [bucket.name for bucket in s3.buckets.all()]
"""
    default = "sagemaker-ap-south-1-739164285013"
    assert look(snippet, tmp_path) == [default, "another", default]


def test_uploads_are_recorded_in_every_form(tmp_path: Path) -> None:
    snippet = """
import io
s3 = boto3.client('s3')
s3.put_object(Bucket='data', Key='c', Body=b'bytes')
s3.put_object(Bucket='data', Key='b', Body='text')
s3.put_object(Bucket='data', Key='e')
s3.upload_fileobj(io.BytesIO(b'object'), 'data', 'd')
(project / 'file').write_bytes(b'file')
boto3.resource('s3').Bucket('data').upload_file(str(project / 'file'), 'a')
out = [[u.bucket, u.key, u.sha256, u.size, record.path(u).read_bytes().decode()] for u in record.uploads]
"""
    expected = {"a": "file", "b": "text", "c": "bytes", "d": "object", "e": ""}
    assert look(snippet, tmp_path) == [
        ["data", key, hashlib.sha256(text.encode()).hexdigest(), len(text), text]
        for key, text in expected.items()
    ]


def test_a_multipart_upload_is_put_together_and_reads_back(tmp_path: Path) -> None:
    snippet = """
import hashlib
body = bytes(range(256)) * 80_000
(project / 'big').write_bytes(body)
s3 = boto3.client('s3')
s3.upload_file(str(project / 'big'), 'data', 'big')
s3.download_file('data', 'big', str(project / 'back'))
part = s3.get_object(Bucket='data', Key='big', Range='bytes=1-3')['Body'].read()
tail = s3.get_object(Bucket='data', Key='big', Range='bytes=-2')['Body'].read()
out = [record.uploads[0].sha256 == hashlib.sha256(body).hexdigest(), (project / 'back').read_bytes() == body,
       'UploadPart' in {call.operation for call in record.calls}, list(part), list(tail)]
"""
    assert look(snippet, tmp_path) == [True, True, True, [1, 2, 3], [254, 255]]


def test_a_listing_shows_what_this_run_uploaded(tmp_path: Path) -> None:
    snippet = """
s3 = boto3.client('s3')
for key in ('in/a', 'in/sub/b', 'other'): s3.put_object(Bucket='data', Key=key, Body=b'x')
s3.put_object(Bucket='elsewhere', Key='in/z', Body=b'x')
def keys(found): return [item['Key'] for item in found.get('Contents', [])]
split = s3.list_objects_v2(Bucket='data', Prefix='in/', Delimiter='/')
pages = s3.get_paginator('list_objects_v2').paginate(Bucket='data')
out = [keys(s3.list_objects(Bucket='data', Prefix='in/')), keys(split), split['CommonPrefixes'],
       sum((keys(page) for page in pages), []), keys(s3.list_objects_v2(Bucket='empty'))]
s3.delete_object(Bucket='data', Key='other')
s3.copy_object(Bucket='data', Key='copy', CopySource='data/in/a')
s3.copy({'Bucket': 'data', 'Key': 'in/a'}, 'data', 'copy2')
out.append([o.key for o in boto3.resource('s3').Bucket('data').objects.all()])
"""
    assert look(snippet, tmp_path) == [
        ["in/a", "in/sub/b"],
        ["in/a"],
        [{"Prefix": "in/sub/"}],
        ["in/a", "in/sub/b", "other"],
        [],
        ["copy", "copy2", "in/a", "in/sub/b"],
    ]


def test_a_missing_object_is_s3s_own_error_and_is_recorded(tmp_path: Path) -> None:
    snippet = """
s3 = boto3.client('s3')
out = []
try: s3.head_object(Bucket='data', Key='m')
except ClientError as error: out.append(error.response['Error']['Code'])
try: s3.get_object(Bucket='data', Key='m')
except s3.exceptions.NoSuchKey as error: out.append(error.response['Error']['Message'])
out += [failing(s3.download_file, Bucket='data', Key='m', Filename='x')[0]]
out += [[u.service, u.operation, u.location.file, u.location.line, u.missing] for u in record.unanswered]
"""
    assert look(snippet, tmp_path) == [
        "404",
        "s3:GetObject asks for 's3://data/m', which nothing in this build made (flow.py:12)",
        "ClientError",
        ["s3", "HeadObject", "flow.py", 10, "s3://data/m"],
        ["s3", "GetObject", "flow.py", 12, "s3://data/m"],
        ["s3", "HeadObject", "flow.py", 5, "s3://data/m"],
    ]


def test_an_operation_without_an_answer_names_itself_and_the_line(tmp_path: Path) -> None:
    snippet = """
client = boto3.client('sagemaker')
out = failing(client.describe_endpoint, EndpointName='x')
try: client.describe_endpoint(EndpointName='x')
except ClientError as error: out.append(error.operation_name)
out += [u.message for u in record.unanswered]
"""
    assert look(snippet, tmp_path) == [
        "UnansweredCall",
        "sagemaker:DescribeEndpoint has no answer in a build (flow.py:5)",
        "DescribeEndpoint",
        "sagemaker:DescribeEndpoint has no answer in a build (flow.py:5)",
        "sagemaker:DescribeEndpoint has no answer in a build (flow.py:10)",
    ]


def test_botocore_still_validates_parameters(tmp_path: Path) -> None:
    snippet = """
out = [failing(boto3.client('s3').put_object, Bucket='data')[0],
       failing(boto3.client('stepfunctions').create_state_machine, name='x', definition='{}', roleArn='')[0],
       failing(boto3.client('s3').head_bucket, Bucket='no/bucket')[0]]
"""
    assert look(snippet, tmp_path) == ["ParamValidationError"] * 3


def test_a_script_that_deploys_its_machine_by_boto3_goes_through(tmp_path: Path) -> None:
    snippet = """
sfn = boto3.client('stepfunctions')
out = [sfn.list_state_machines()['stateMachines']]
role = 'arn:aws:iam::739164285013:role/x'
arn = sfn.create_state_machine(name='train', definition='{}', roleArn=role)['stateMachineArn']
sfn.update_state_machine(stateMachineArn=arn, definition='{"a": 1}')
run = sfn.start_execution(stateMachineArn=arn, name='now')['executionArn']
described = sfn.describe_state_machine(stateMachineArn=arn)
out += [arn, run, sfn.describe_execution(executionArn=run)['status'], described['definition'], described['roleArn'],
        [m['name'] for m in sfn.list_state_machines()['stateMachines']], [c.operation for c in record.calls][:2]]
"""
    assert look(snippet, tmp_path) == [
        [],
        "arn:aws:states:ap-south-1:739164285013:stateMachine:train",
        "arn:aws:states:ap-south-1:739164285013:execution:train:now",
        "SUCCEEDED",
        '{"a": 1}',
        "arn:aws:iam::739164285013:role/x",
        ["train"],
        ["ListStateMachines", "CreateStateMachine"],
    ]


def test_a_machine_that_nobody_made_does_not_exist(tmp_path: Path) -> None:
    snippet = """
sfn = boto3.client('stepfunctions')
arn = 'arn:aws:states:ap-south-1:739164285013:stateMachine:old'
try: sfn.describe_state_machine(stateMachineArn=arn)
except sfn.exceptions.StateMachineDoesNotExist: out = [u.missing for u in record.unanswered]
"""
    assert look(snippet, tmp_path) == ["arn:aws:states:ap-south-1:739164285013:stateMachine:old"]


def test_a_call_to_an_endpoint_of_the_users_is_answered_too(tmp_path: Path) -> None:
    snippet = """
sts = boto3.client('sts', endpoint_url='http://192.0.2.1', region_name='eu-west-1')
out = sts.get_caller_identity()['Account']
"""
    assert look(snippet, tmp_path) == "739164285013"


def test_nothing_is_sent_even_without_an_answering_handler(tmp_path: Path) -> None:
    snippet = """
from sfn_cfn.load import aws
aws._answering = None
out = failing(boto3.client('sts').get_caller_identity)
"""
    assert look(snippet, tmp_path) == [
        "NetworkRefusedError",
        "[Errno 111] a build has no network; refused to reach 'https://sts.ap-south-1.amazonaws.com/'",
    ]


def test_a_presigned_url_is_made_without_a_call(tmp_path: Path) -> None:
    snippet = """
url = boto3.client('s3').generate_presigned_url('get_object', Params={'Bucket': 'data', 'Key': 'k'})
out = [url.split('?')[0], record.calls]
"""
    assert look(snippet, tmp_path) == ["https://data.s3.amazonaws.com/k", []]


def test_a_waiter_ends(tmp_path: Path) -> None:
    snippet = """
s3 = boto3.client('s3')
s3.get_waiter('bucket_exists').wait(Bucket='data')
out = failing(s3.get_waiter('object_exists').wait, Bucket='data', Key='k')[0]
"""
    assert look(snippet, tmp_path) == "WaiterError"


def test_uploads_by_threads_are_all_recorded(tmp_path: Path) -> None:
    snippet = """
from concurrent.futures import ThreadPoolExecutor
s3 = boto3.client('s3')
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda n: s3.put_object(Bucket='data', Key=f'{n:02}', Body=b'%d' % n), range(40)))
out = [len(record.uploads), [record.path(u).read_bytes().decode() for u in record.uploads][-2:]]
"""
    assert look(snippet, tmp_path) == [40, ["38", "39"]]


def test_what_was_loaded_before_the_world_is_not_read_again(tmp_path: Path) -> None:
    setup = """
        from sfn_cfn.load import aws, world
        world.install()
        aws.preload(('sts',))
    """
    snippet = """
import botocore.loaders
def fail(*a): raise AssertionError(a)
aws_loader = boto3.Session()._session.get_component('data_loader')
aws_loader.file_loader._load_file = fail
out = [boto3.client('sts').get_caller_identity()['Account'], len(aws_loader.search_paths) ==
       len(set(aws_loader.search_paths))]
"""
    assert look(snippet, tmp_path, setup=setup) == ["739164285013", True]
