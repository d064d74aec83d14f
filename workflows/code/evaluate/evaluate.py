"""Processing job: the trained model and the test rows -> `evaluation.json` with accuracy and AUC."""

import json
import tarfile
from pathlib import Path

import joblib
import pandas as pd
from sklearn.metrics import accuracy_score, roc_auc_score

ROOT = Path("/opt/ml/processing")
LABEL = "income"


def main() -> None:
    with tarfile.open(ROOT / "model" / "model.tar.gz") as archive:
        archive.extractall(ROOT / "model", filter="data")
    model = joblib.load(ROOT / "model" / "model.joblib")
    rows = pd.concat(pd.read_csv(path) for path in sorted((ROOT / "test").glob("*.csv")))
    label = rows.pop(LABEL)
    scores = model.predict_proba(rows)[:, 1]
    result = {
        "accuracy_percent": round(100 * accuracy_score(label, scores > 0.5), 2),
        "auc": round(roc_auc_score(label, scores), 4),
    }
    (ROOT / "evaluation").mkdir(parents=True, exist_ok=True)
    (ROOT / "evaluation" / "evaluation.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
