"""The kinds of findings of a load, `SFN2xx`."""

from __future__ import annotations

from sfn_cfn.errors import Code, Severity

SDK_MISSING = Code(
    "SFN200",
    Severity.ERROR,
    "the SDK cannot be imported",
    "Nothing can be compiled without the Data Science SDK. Install the package with its dependencies "
    "into one environment: stepfunctions 2.3.0 and a sagemaker of version 2.",
)
SYNTAX = Code(
    "SFN201",
    Severity.ERROR,
    "a source is not Python",
    "The source, or a module that it imports, cannot be parsed. A notebook saved as a script keeps "
    "lines that only a notebook understands (`%matplotlib inline`, `!pip install`): remove them.",
)
IMPORT = Code(
    "SFN202",
    Severity.ERROR,
    "an import fails",
    "The source imports something that is not there. Install it in the environment that runs sfn-cfn; "
    "modules of the project are found beside the source, as `python workflows/x.py` finds them.",
)
EXCEPTION = Code(
    "SFN203",
    Severity.ERROR,
    "a source raises an exception",
    "The source ended before it was through. The traceback is the source's own.",
)
NO_WORKFLOW = Code(
    "SFN204",
    Severity.ERROR,
    "a source makes no workflow",
    "A source is a script that makes at least one `Workflow`, anywhere, or has a function decorated "
    "with `@sfn_cfn.workflow`. A module that a source beside it imports needs none. Move other modules out "
    "of the folder, or choose sources in the settings.",
)
TIME_LIMIT = Code(
    "SFN205",
    Severity.ERROR,
    "a source does not end",
    "The source was stopped at the time limit (`load.timeout`). It may loop for ever, or wait for a "
    "thread that never ends.",
)
SIGNAL = Code(
    "SFN206",
    Severity.ERROR,
    "a source is killed by a signal",
    "The process that ran the source was killed: by itself, by native code that crashed (SIGSEGV), or by "
    "the system when memory ran out (SIGKILL).",
)
EXIT = Code(
    "SFN207",
    Severity.ERROR,
    "a source ends its own process",
    "The source called `sys.exit` with a failure, or `os._exit`, which leaves no time to collect what "
    "was made. A build wants a script that runs to its end.",
)
UNANSWERED = Code(
    "SFN208",
    Severity.ERROR,
    "a source needs an answer from AWS",
    "Sources run without AWS. The calls that the SDK makes by itself are answered; a call whose answer "
    "only the account knows is not. Pass the value in as a parameter, or read it when the workflow runs.",
)
AFTER_DEPLOY = Code(
    "SFN209",
    Severity.WARNING,
    "a source fails after it has deployed its workflow",
    "`Workflow.create()`, `execute()` and their like do nothing in a build, so what comes after them may "
    "find nothing to work with. The workflows made until then are built.",
)
NOT_JSON = Code(
    "SFN210",
    Severity.ERROR,
    "a definition holds a value that JSON does not have",
    "Definitions are JSON: text, numbers, true, false, null, lists, and mappings with text keys. NaN and "
    "the infinities are none, though Python writes them.",
)
NAME_VARIES = Code(
    "SFN211",
    Severity.WARNING,
    "a workflow's name differs from run to run",
    "A name with a time, a random part, the account or the region in it would replace the state machine "
    "with each build. The part that varies is dropped.",
)
RUNS_DIFFER = Code(
    "SFN212",
    Severity.WARNING,
    "a source does something else at another time or place",
    "Each source runs twice, under two accounts, regions, clocks and seeds, to find what varies. Where "
    "the second run fails or makes other workflows, values that vary may go unnoticed.",
)
PARAMETER = Code(
    "SFN213",
    Severity.ERROR,
    "a parameter is declared wrongly",
    "Names are letters and digits, defaults keep their own limits, and one name has one declaration.",
)
UNUSED_PARAMETER = Code(
    "SFN214",
    Severity.WARNING,
    "a parameter reaches no workflow",
    "The parameter is declared and its token stands nowhere: it is not used, or only in arithmetic, "
    "`str.join` or slices, which read the default's value.",
)
MAKER = Code(
    "SFN215",
    Severity.ERROR,
    "a function marked with @sfn_cfn.workflow cannot be used",
    "Such a function takes no arguments and returns a `Workflow`, several, or nothing.",
)
UNANSWERED_AFTER_DEPLOY = Code(
    "SFN216",
    Severity.WARNING,
    "a source needs an answer from AWS after it has deployed its workflow",
    "As SFN208, but after `Workflow.create()` or the like: the workflows made until then are built.",
)
TEMPLATE = Code(
    "SFN217",
    Severity.ERROR,
    "the SDK cannot write a workflow's template",
    "`Workflow.get_cloudformation_template()` raises an exception.",
)
HANDLED = Code(
    "SFN218",
    Severity.WARNING,
    "a source goes on without something that it asks AWS for",
    "Sources run in an account in which only they have made anything. The source asked whether a thing is "
    "there, got the service's own answer for one that is not, and took that way: the definition is the one "
    "of a new account.",
)
NETWORK = Code(
    "SFN219",
    Severity.ERROR,
    "a source needs the network",
    "Sources run without a network, so that a build needs none and gives the same result everywhere. Keep "
    "what the source reads (a sample of the data, a script) in the project, or let a state of the workflow "
    "fetch it.",
)
BROKEN = Code(
    "SFN220",
    Severity.ERROR,
    "a source breaks the process that runs it",
    "After the run, the workflows are read in the same process. A source that replaces functions of Python "
    "or of the SDK (`builtins.isinstance`, `json.dumps`) and leaves them so makes that impossible.",
)

LINK_LEADS_OUT = Code(
    "SFN221",
    Severity.ERROR,
    "a link in what is uploaded leads out of the project",
    "A folder that a run packs or uploads holds a symbolic link to a place outside of the project. What lies "
    "there is another thing on another machine, and may be nobody's business. Copy it into the project, or name "
    "the link in `.sfnignore`.",
)
KEY_LEFT_OUT = Code(
    "SFN222",
    Severity.INFO,
    "a file that may hold keys is not uploaded",
    "Files such as `.env`, `*.pem`, `id_rsa` or `credentials`, and the folder `.aws`, never become part of an "
    "archive or an uploaded folder; `.sfnignore` cannot take them back.",
)
NOTHING_TO_UPLOAD = Code(
    "SFN223",
    Severity.WARNING,
    "what is uploaded holds no file",
    "The folder is empty, or all that is in it is left out (keys, waste, `.sfnignore`). Its location in S3 then holds "
    "nothing, and a job that reads it fails.",
)

CONFIGURED = Code(
    "SFN224",
    Severity.ERROR,
    "settings in a source are for no workflow of it",
    "`configure` takes a `Workflow` that the same source makes, a ready-made pipeline, or a workflow's name as it is "
    "given to the SDK. What is for another source's workflow stands in that source, or in `sfn-cfn.toml`.",
)
SETTING_VARIES = Code(
    "SFN225",
    Severity.ERROR,
    "a setting in a source differs from run to run",
    "The source is run twice, at another time and place, and `configure` got another value. It holds a time or a "
    "random number, and each build would give another template. Account, region and the SDK's default bucket may "
    "stand in a setting: they become those of the deployment.",
)

CODES = (
    SDK_MISSING,
    SYNTAX,
    IMPORT,
    EXCEPTION,
    NO_WORKFLOW,
    TIME_LIMIT,
    SIGNAL,
    EXIT,
    UNANSWERED,
    AFTER_DEPLOY,
    NOT_JSON,
    NAME_VARIES,
    RUNS_DIFFER,
    PARAMETER,
    UNUSED_PARAMETER,
    MAKER,
    UNANSWERED_AFTER_DEPLOY,
    TEMPLATE,
    HANDLED,
    NETWORK,
    BROKEN,
    LINK_LEADS_OUT,
    KEY_LEFT_OUT,
    NOTHING_TO_UPLOAD,
    CONFIGURED,
    SETTING_VARIES,
)
