from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from samples import WORLD, loaded, machine

from sfn_cfn import assets, definition
from sfn_cfn.assets import Extracted
from sfn_cfn.errors import Diagnostic, SourceLocation
from sfn_cfn.model import AssetFile, ParameterDeclaration, Upload, resolve

BUCKET = f"sagemaker-{WORLD.region}-{WORLD.account}"
PLACE = SourceLocation("workflows/train.py", 7)


def digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def put(*keys: str, bucket: str = BUCKET, **more: Any) -> tuple[Upload, ...]:
    """Objects whose bodies are their keys."""
    return tuple(Upload(bucket, key, digest(key), len(key), PLACE, **more) for key in keys)


def task(**parameters: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": parameters,
        "End": True,
    }


def extract(
    uploads: tuple[Upload, ...], *, state: dict[str, Any] | None = None, **parameters: Any
) -> Extracted:
    made = loaded(machine(Train=state or task(**parameters)), uploads=uploads)
    return assets.extract(definition.parse(made))


def shown(found: Extracted) -> Any:
    """The state's parameters with tokens as `${Name}`."""
    state = found.definition.states[0].node
    return resolve(state.get("Parameters", state.get("Arguments")), lambda token: f"${{{token.name}}}")


def at(body: str, name: str) -> str:
    return f"s3://${{AssetBucket}}/${{AssetPrefix}}/{digest(body)}/{name}"


def said(item: Diagnostic) -> str:
    return f"{item.code}: {item.message}"


def listing(*files: tuple[str, str]) -> str:
    """The hash of a folder: a line for each file, its hash and its path."""
    return digest("".join(f"{digest(body)}  {path}\n" for path, body in files))


def test_an_uploaded_file_stands_where_its_content_says() -> None:
    found = extract(put("code/prepare.py"), Source=f"s3://{BUCKET}/code/prepare.py")
    assert shown(found) == {"Source": at("code/prepare.py", "prepare.py")}
    (asset,) = found.assets
    assert (asset.name, asset.sha256) == ("prepare.py", digest("code/prepare.py"))
    assert asset.files == (AssetFile("", digest("code/prepare.py"), 15),)


def test_a_folder_stands_where_its_listing_says() -> None:
    found = extract(
        put("exp/data/b.csv", "exp/data/a.csv", "exp/other.csv"), Source=f"s3://{BUCKET}/exp/data"
    )
    expected = listing(("a.csv", "exp/data/a.csv"), ("b.csv", "exp/data/b.csv"))
    assert shown(found) == {"Source": f"s3://${{AssetBucket}}/${{AssetPrefix}}/{expected}/data"}
    (asset,) = found.assets
    assert [file.path for file in asset.files] == ["a.csv", "b.csv"]


def test_a_slash_behind_a_folder_stays() -> None:
    found = extract(put("data/a.csv"), Source=f"s3://{BUCKET}/data/")
    expected = listing(("a.csv", "data/a.csv"))
    assert shown(found) == {"Source": f"s3://${{AssetBucket}}/${{AssetPrefix}}/{expected}/data/"}


def test_files_of_nested_folders_keep_their_paths() -> None:
    found = extract(put("data/x/a.csv", "data/b.csv"), Source=f"s3://{BUCKET}/data")
    assert [file.path for file in found.assets[0].files] == ["b.csv", "x/a.csv"]


def test_a_hyperparameter_keeps_its_quotes() -> None:
    found = extract(put("job/source/sourcedir.tar.gz"), Dir=f'"s3://{BUCKET}/job/source/sourcedir.tar.gz"')
    assert shown(found) == {"Dir": f'"{at("job/source/sourcedir.tar.gz", "sourcedir.tar.gz")}"'}


def test_locations_are_found_in_the_midst_of_texts() -> None:
    uploads = put("a.zip", "b.zip")
    given = f'{{"files": "s3://{BUCKET}/a.zip,s3://{BUCKET}/b.zip"}} s3://{BUCKET}/c.zip'
    found = extract(uploads, Args=given)
    assert shown(found) == {
        "Args": f'{{"files": "{at("a.zip", "a.zip")},{at("b.zip", "b.zip")}"}} s3://{BUCKET}/c.zip'
    }


def test_a_location_in_escaped_json_ends_at_the_escape() -> None:
    found = extract(put("a.zip"), Args=f'{{\\"x\\": \\"s3://{BUCKET}/a.zip\\"}}')
    assert shown(found) == {"Args": f'{{\\"x\\": \\"{at("a.zip", "a.zip")}\\"}}'}


def test_a_longer_key_is_another_object() -> None:
    given = {"Source": f"s3://{BUCKET}/data.csv.gz", "Deep": f"s3://{BUCKET}/data.csv/more"}
    found = extract(put("data.csv"), **given)
    assert shown(found) == given
    assert found.assets == ()


def test_a_bucket_whose_name_is_longer_is_another() -> None:
    given = {"Source": f"s3://{BUCKET}-two/data.csv"}
    assert shown(extract(put("data.csv"), **given)) == given


def test_any_bucket_that_the_run_uploads_to_counts() -> None:
    found = extract(put("data.csv", bucket="mine"), Source="s3://mine/data.csv")
    assert shown(found) == {"Source": at("data.csv", "data.csv")}


def test_an_arn_names_an_asset_too() -> None:
    found = extract(put("data.csv", bucket="mine"), Source="arn:aws:s3:::mine/data.csv")
    assert shown(found) == {"Source": at("data.csv", "data.csv").replace("s3://", "arn:aws:s3:::")}


def test_a_folder_that_a_format_goes_on_from_is_replaced() -> None:
    found = extract(put("parts/a.csv"), **{"Source.$": f"States.Format('s3://{BUCKET}/parts/{{}}', $.name)"})
    expected = listing(("a.csv", "parts/a.csv"))
    place = f"s3://${{AssetBucket}}/${{AssetPrefix}}/{expected}/parts"
    assert shown(found) == {"Source.$": f"States.Format('{place}/{{}}', $.name)"}


def test_a_data_source_may_be_the_beginning_of_keys() -> None:
    channel = {"DataSource": {"S3DataSource": {"S3Uri": f"s3://{BUCKET}/exp/train"}}}
    found = extract(put("exp/train.csv", "exp/train.idx", "exp/test.csv"), Channel=channel)
    expected = listing(("train.csv", "exp/train.csv"), ("train.idx", "exp/train.idx"))
    assert shown(found)["Channel"]["DataSource"]["S3DataSource"] == {
        "S3Uri": f"s3://${{AssetBucket}}/${{AssetPrefix}}/{expected}/exp/train"
    }


def test_the_same_text_elsewhere_may_not() -> None:
    given = {"Prefix": f"s3://{BUCKET}/exp/train"}
    assert shown(extract(put("exp/train.csv"), **given)) == given


def test_what_a_job_writes_stays_where_it_is() -> None:
    given = {
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/exp"},
        "DebugHookConfig": {"S3OutputPath": f"s3://{BUCKET}/"},
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/exp"},
        "ContainerArguments": ["--output-dir", f"s3://{BUCKET}/exp", f"--out=s3://{BUCKET}/exp"],
        "HyperParameters": {"output_path": f"s3://{BUCKET}/exp"},
    }
    found = extract(put("exp/a.csv"), **given)
    assert shown(found) == given
    assert (found.assets, found.findings) == ((), ())


def test_a_states_result_is_no_place_that_it_writes_to() -> None:
    state = {"Type": "Pass", "Result": {"Data": f"s3://{BUCKET}/exp"}, "End": True}
    found = extract(put("exp/a.csv"), state=state)
    assert len(found.assets) == 1


def test_a_distributed_maps_results_stay_where_they_are() -> None:
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": BUCKET, "Prefix": "exp"}}
    state = {
        "Type": "Map",
        "ItemProcessor": machine(P={"Type": "Pass", "End": True}),
        "ResultWriter": writer,
        "End": True,
    }
    assert extract(put("exp/a.csv"), state=state).assets == ()


def test_an_output_above_the_uploads_does_not_hide_them() -> None:
    found = extract(
        put("exp/data/a.csv"),
        In=f"s3://{BUCKET}/exp/data",
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/exp"},
    )
    assert "AssetBucket" in shown(found)["In"]


def test_a_folder_that_is_also_written_to_stays_and_is_told_of() -> None:
    given = {
        "In": f"s3://{BUCKET}/exp",
        "One": f"s3://{BUCKET}/exp/a.csv",
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/exp/out"},
    }
    found = extract(put("exp/a.csv"), **given)
    assert shown(found) == {**given, "One": at("exp/a.csv", "a.csv")}
    assert [said(item) for item in found.findings] == [
        "SFN363: state 'Train' reads 'exp', where the source uploads files and a state writes to"
    ]


def test_a_bucket_and_a_key_in_two_fields_name_an_object() -> None:
    code = {"S3Bucket": "mine", "S3Key": "lambda/code.zip"}
    found = extract(
        put("lambda/code.zip", bucket="mine"), Code=code, Other={"Bucket": "mine", "Key": "other"}
    )
    assert shown(found) == {
        "Code": {
            "S3Bucket": "${AssetBucket}",
            "S3Key": f"${{AssetPrefix}}/{digest('lambda/code.zip')}/code.zip",
        },
        "Other": {"Bucket": "mine", "Key": "other"},
    }


def test_a_bucket_and_a_prefix_name_a_folder() -> None:
    found = extract(put("d/a.csv", bucket="mine"), Reader={"Bucket": "mine", "Prefix": "d/"})
    expected = listing(("a.csv", "d/a.csv"))
    assert shown(found) == {
        "Reader": {"Bucket": "${AssetBucket}", "Prefix": f"${{AssetPrefix}}/{expected}/d/"}
    }


def test_an_object_that_a_state_puts_stays() -> None:
    given = {"Bucket": "mine", "Key": "a.csv", "Body": "x"}
    state = {**task(**given), "Resource": "arn:aws:states:::aws-sdk:s3:putObject"}
    assert shown(extract(put("a.csv", bucket="mine"), state=state)) == given


def test_tokens_around_a_location_stay() -> None:
    declared = ParameterDeclaration("Name", "String", "x")
    made = loaded(
        machine(
            Train=task(
                Args=f"${{Name}} s3://{BUCKET}/a.csv ${{Name}} s3://{BUCKET}/${{Name}}/b.csv ${{Name}}"
            )
        ),
        uploads=put("a.csv", "${Name}/b.csv"),
        parameters=(declared,),
    )
    found = assets.extract(definition.parse(made))
    assert shown(found) == {
        "Args": f"${{Name}} {at('a.csv', 'a.csv')} ${{Name}} {at('${Name}/b.csv', 'b.csv')} ${{Name}}"
    }


def test_the_input_of_a_ready_made_pipeline_names_assets() -> None:
    made = loaded(
        machine(Train=task()), uploads=put("a.csv"), default_input={"Train": {"In": f"s3://{BUCKET}/a.csv"}}
    )
    found = assets.extract(definition.parse(made))
    given = resolve(found.definition.default_input, lambda token: f"${{{token.name}}}")
    assert given == {"Train": {"In": at("a.csv", "a.csv")}}


def test_equal_content_is_one_asset() -> None:
    uploads = (Upload("mine", "x/a.csv", "5" * 64, 1), Upload("mine", "y/a.csv", "5" * 64, 1))
    found = extract(uploads, One="s3://mine/x/a.csv", Two="s3://mine/y/a.csv")
    assert len(found.assets) == 1
    assert shown(found)["One"] == shown(found)["Two"]


def test_a_definition_without_uploads_is_as_it_was() -> None:
    parsed = definition.parse(loaded(machine(Train=task(Source=f"s3://{BUCKET}/data.csv"))))
    assert assets.extract(parsed) == Extracted(parsed, (), (), ())


def test_states_follow_their_nodes() -> None:
    found = extract(put("a.csv"), Source=f"s3://{BUCKET}/a.csv").definition
    assert found.states[0].node is found.tree["States"]["Train"]


def test_content_that_differs_from_run_to_run_is_told_of() -> None:
    found = extract(put("a.csv", varies=True), Source=f"s3://{BUCKET}/a.csv")
    (item,) = found.findings
    assert said(item) == "SFN360: 'a.csv' has another content in a second run"
    assert (item.location, item.hint) == (
        PLACE,
        "keep the time, random values, the account and the region out of it",
    )


def test_a_file_of_more_than_100_mb_is_told_of() -> None:
    uploads = tuple(
        Upload("mine", f"{size}.bin", str(size), size, PLACE) for size in (100_000_000, 123_456_789)
    )
    found = extract(uploads, One="s3://mine/100000000.bin", Two="s3://mine/123456789.bin")
    (item,) = found.findings
    assert said(item) == "SFN361: '123456789.bin' has 123 MB, and each account and region gets a copy"
    assert (item.location, item.hint) == (PLACE, "put it into a bucket and name it by a parameter")


def test_what_no_state_names_is_told_of_by_line() -> None:
    uploads = put("a.csv", "b.csv", "c.csv")
    used = extract(uploads, Source=f"s3://{BUCKET}/a.csv").used
    assert [said(item) for item in assets.unnamed(uploads, used)] == [
        "SFN362: 'b.csv' and 1 more are uploaded and no state names them"
    ]
    assert [said(item) for item in assets.unnamed(uploads[:2], used)] == [
        "SFN362: 'b.csv' is uploaded and no state names it"
    ]


def test_an_archive_that_the_sdk_uploads_twice_is_no_finding() -> None:
    first, second = (Upload("mine", key, "5" * 64, 1) for key in ("one.tar.gz", "two.tar.gz"))
    assert list(assets.unnamed([first, second], [second])) == []


def test_a_template_with_assets_asks_for_their_bucket() -> None:
    found = extract(put("a.csv"), Source=f"s3://{BUCKET}/a.csv")
    parameters: Mapping[str, Any] = assets.fragment(found.assets).parameters
    assert "Default" not in parameters["AssetBucket"]
    assert parameters["AssetPrefix"]["Default"] == "sfn-cfn"
    assert assets.fragment(()).parameters == {}
