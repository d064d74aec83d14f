"""Training job: the prepared rows -> a random forest, saved as `model.joblib`."""

import argparse
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

LABEL = "income"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--max-depth", type=int, default=8)
    parser.add_argument("--estimators", type=int, default=200)
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--model-dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    options, _ = parser.parse_known_args()
    rows = pd.concat(pd.read_csv(path) for path in sorted(options.train.glob("*.csv")))
    label = rows.pop(LABEL)
    forest = RandomForestClassifier(
        n_estimators=options.estimators, max_depth=options.max_depth, random_state=7
    )
    joblib.dump(forest.fit(rows, label), options.model_dir / "model.joblib")


def model_fn(model_dir: str) -> RandomForestClassifier:
    """What the serving container calls to load the model."""
    return joblib.load(Path(model_dir) / "model.joblib")


if __name__ == "__main__":
    main()
