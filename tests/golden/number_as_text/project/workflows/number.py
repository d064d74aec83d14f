from stepfunctions.steps import EndpointConfigStep
from stepfunctions.workflow import Workflow

configure = EndpointConfigStep(
    "Configure",
    endpoint_config_name="churn",
    model_name="churn",
    initial_instance_count="${Instances}",
    instance_type="ml.m5.large",
    timeout_seconds=60,
)
workflow = Workflow(name="number", definition=configure, role="")
