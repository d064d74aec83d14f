"""CloudFormation templates as values: model, intrinsic functions, YAML."""
