from __future__ import annotations

import pytest
from samples import machine
from starts import findings

from sfn_cfn.model import ParameterDeclaration

STATES = machine(A={"Type": "Pass", "End": True})
NIGHTLY = "[workflows.train.schedules.nightly]\n"


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (
            NIGHTLY + 'cron = "0 ${Hour} ? * MON *"',
            (
                "SFN602 sfn-cfn.toml:4: setting 'schedules.nightly.cron' names '${Hour}', which is not declared | "
                "declare it in [parameters], or with sfn_cfn.parameter"
            ),
        ),
        (
            "[logging]\nkms_key = 'arn:${AWS::Partition}:kms:${AWS::Regoin}:${AWS::AccountId}:key/a'",
            (
                "SFN602 sfn-cfn.toml:4: setting 'logging.kms_key' names '${AWS::Regoin}', which is not declared | "
                "write '${AWS::Region}'"
            ),
        ),
        (
            "[alarms.failed]\nthreshold = 1\n[versions]\nenabled = true\nalarm_names = ['${Mine}']",
            (
                "SFN602 sfn-cfn.toml:7: setting 'versions.alarm_names' names '${Mine}', which is not declared | "
                "declare it in [parameters], or with sfn_cfn.parameter"
            ),
        ),
        (
            (
                '[stages.a]\nstates = ["A"]\nresult = { "$.X" = { Uri = ["s3://${Buket}/x"] } }\n'
                "[parameters.Bucket]\ndefault = 'b'"
            ),
            (
                "SFN603 sfn-cfn.toml:5: setting 'stages.a.result.$.X.Uri' names '${Buket}', which is not declared | "
                "write '${Bucket}'"
            ),
        ),
    ],
)
def test_a_name_that_is_not_declared_is_a_finding_at_its_line(toml: str, expected: str) -> None:
    assert expected in findings(toml, STATES)


def test_what_is_declared_anywhere_and_pseudo_parameters_are_no_finding() -> None:
    toml = (
        "[parameters.Bucket]\ndefault = 'b'\n" + NIGHTLY + 'cron = "0 ${Hour} ? * MON *"\n'
        "[workflows.train.triggers.new]\nkind = 's3'\nbucket = '${Bucket}-${AWS::Region}-${TargetEnv}'\n"
        "prefix = '${PipelineName}/'\n[workflows.train.metrics.m]\nstate = 'A'\npath = '$.x'\n"
        "[storage]\naccess_log_bucket = '${DataBucketName}'"
    )
    found = findings(toml, STATES, parameters=(ParameterDeclaration("Hour", "String", "2"),))
    assert [one for one in found if one.startswith(("SFN602", "SFN603"))] == []


def test_a_state_s_own_name_is_no_token() -> None:
    states = machine(**{"Load ${x}": {"Type": "Pass", "End": True}})
    found = findings('[stages.a]\nstates = ["Load ${x}"]', states)
    assert [one for one in found if one.startswith("SFN602")] == []
