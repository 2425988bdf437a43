"""Writes one table as CSV, Parquet and Arrow by pandas, pyarrow and polars: `python make.py FOLDER`."""

import datetime
import decimal
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

folder = sys.argv[1]
n = 40
missing = lambda values, step: [None if i % step == 3 else x for i, x in enumerate(values)]
days = [datetime.date(2023, 12, 20) + datetime.timedelta(days=3 * i) for i in range(n)]
times = [datetime.datetime(2024, 2, 28, 22, 30) + datetime.timedelta(hours=i) for i in range(n)]
words = ["oak", "elm", "a word of more than twelve bytes", "ö"]

columns = {
    "small": pa.array(missing([i - 20 for i in range(n)], 11), pa.int8()),
    "count": pa.array([i * i * 1000 for i in range(n)], pa.uint32()),
    "long": pa.array([2**40 + i for i in range(n)], pa.int64()),
    "single": pa.array([i / 7 for i in range(n)], pa.float32()),
    "double": pa.array(missing([i / 3 - 5 for i in range(n)], 7), pa.float64()),
    "price": pa.array([decimal.Decimal(i * 37) / 100 for i in range(n)], pa.decimal128(9, 2)),
    "day": pa.array(missing(days, 13), pa.date32()),
    "when": pa.array(times, pa.timestamp("us")),
    "tree": pa.array(missing([words[i * i % 4] for i in range(n)], 9), pa.string()),
    "kind": pa.array([words[i % 3] for i in range(n)]).dictionary_encode(),
    "y": pa.array(["yes" if i % 3 else "no" for i in range(n)], pa.string()),
}
table = pa.table(columns)


def decimal_csv(value):
    return "" if value is None else str(value)


with open(f"{folder}/rows.csv", "w") as file:
    print(",".join(table.column_names), file=file)
    for row in table.to_pylist():
        print(",".join(decimal_csv(row[name]) for name in table.column_names), file=file)

# The defaults: snappy of pyarrow and pandas, zstd of polars, LZ4 of Feather.
pq.write_table(table, f"{folder}/pyarrow.parquet", row_group_size=16)
for codec in ["zstd", "gzip", "lz4", "none"]:
    pq.write_table(table, f"{folder}/{codec}.parquet", compression=codec, use_dictionary=codec == "zstd",
                   data_page_version="2.0" if codec in ["gzip", "none"] else "1.0", write_page_checksum=True)
delta = {"long": "DELTA_BINARY_PACKED", "tree": "DELTA_BYTE_ARRAY", "kind": "DELTA_LENGTH_BYTE_ARRAY",
         "single": "BYTE_STREAM_SPLIT"}
pq.write_table(table, f"{folder}/delta.parquet", use_dictionary=False, column_encoding=delta)
pq.write_table(table, f"{folder}/int96.parquet", use_deprecated_int96_timestamps=True)
table.to_pandas().to_parquet(f"{folder}/pandas.parquet", index=False)
frame = pl.from_arrow(table)
frame.write_parquet(f"{folder}/polars.parquet")
feather.write_feather(table, f"{folder}/pyarrow.feather", chunksize=16)
feather.write_feather(table, f"{folder}/zstd.feather", compression="zstd")
table.to_pandas().to_feather(f"{folder}/pandas.feather")
frame.write_ipc(f"{folder}/polars.arrow")
frame.write_ipc(f"{folder}/polars-zstd.arrow", compression="zstd")
frame.write_ipc_stream(f"{folder}/polars.arrows")
with pa.ipc.new_stream(f"{folder}/pyarrow.arrows", table.schema) as writer:
    writer.write_table(table, max_chunksize=16)
