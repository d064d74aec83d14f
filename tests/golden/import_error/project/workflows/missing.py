import stepfunctions
import churn_features

print(churn_features.COLUMNS, stepfunctions)
