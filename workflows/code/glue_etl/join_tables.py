"""Glue job: the raw sales and weather tables of the days up to `--day` -> joined Parquet files for training."""

import sys

from awsglue.utils import getResolvedOptions
from pyspark.sql import SparkSession, functions

options = getResolvedOptions(sys.argv, ["source", "target", "day"])
spark = SparkSession.builder.getOrCreate()

sales = spark.read.parquet(f"{options['source']}/sales").where(functions.col("day") <= options["day"])
weather = spark.read.parquet(f"{options['source']}/weather")
joined = sales.join(weather, ["day", "region"]).drop("day", "region")
train, validation = joined.randomSplit([0.8, 0.2], seed=7)
train.write.mode("overwrite").parquet(f"{options['target']}/train")
validation.write.mode("overwrite").parquet(f"{options['target']}/validation")
