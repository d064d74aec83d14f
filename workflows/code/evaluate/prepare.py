"""Processing job: the raw census CSV files -> one training and one test file, features coded as numbers."""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

ROOT = Path("/opt/ml/processing")
LABEL = "income"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--test-share", type=float, default=0.2)
    options = parser.parse_args()
    rows = pd.concat(pd.read_csv(path) for path in sorted((ROOT / "raw").glob("*.csv"))).dropna()
    label = (rows.pop(LABEL).str.strip() == ">50K").astype(int)
    coded = pd.get_dummies(rows).astype(float)
    coded.insert(0, LABEL, label)
    train, test = train_test_split(coded, test_size=options.test_share, random_state=7, stratify=label)
    for name, part in (("train", train), ("test", test)):
        (ROOT / name).mkdir(parents=True, exist_ok=True)
        part.to_csv(ROOT / name / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
