"""`python -m sfn_cfn` and the command `sfn-cfn`: the command line."""

import sys


def main() -> int:
    """The command's exit code; an interrupt while its modules are imported is as quiet as a later one."""
    try:
        from sfn_cfn import cli  # noqa: PLC0415 (the import is what may be interrupted)

        return cli.main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
