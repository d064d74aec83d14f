"""What happens after the build: output files and assets -> stacks. The only place that imports boto3.

`aws` makes clients from a `Target`; everything else takes clients and values, and tells what it does by
callables that the command line passes in.
"""
