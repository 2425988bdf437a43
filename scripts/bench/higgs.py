"""Makes tables of HIGGS's shape, and times how pandas and polars read them.

    python higgs.py make ROWS FOLDER     rows.csv, rows.parquet (zstd) and rows.arrow: 28 float32 and a label of 0 or 1
    python higgs.py read FILE            seconds and peak memory of each reader, every reader in a process of its own
    python higgs.py pandas|polars FILE   the same of one reader

Needs numpy, pyarrow, pandas and polars.
"""

import resource
import subprocess
import sys
import time

ROWS_A_PIECE = 1 << 17


def pieces(rows):
    """Seeded pieces: a label that depends on some of the inputs, as a network can learn it."""
    import numpy
    import pyarrow

    random = numpy.random.default_rng(7)
    weights = random.normal(size=28).astype("float32")
    for start in range(0, rows, ROWS_A_PIECE):
        n = min(ROWS_A_PIECE, rows - start)
        inputs = random.normal(size=(n, 28)).astype("float32")
        score = inputs @ weights + inputs[:, 0] * inputs[:, 1] + random.normal(size=n) * 2
        columns = {"label": (score > 0).astype("int8")}
        columns |= {f"x{i}": numpy.ascontiguousarray(inputs[:, i]) for i in range(28)}
        yield pyarrow.table(columns)


def make(rows, folder):
    import pyarrow
    import pyarrow.csv
    import pyarrow.parquet

    writers = []
    for table in pieces(rows):
        if not writers:
            writers = [
                pyarrow.csv.CSVWriter(f"{folder}/rows.csv", table.schema),
                pyarrow.parquet.ParquetWriter(f"{folder}/rows.parquet", table.schema, compression="zstd"),
                pyarrow.ipc.new_file(f"{folder}/rows.arrow", table.schema),
            ]
        for writer in writers:
            writer.write_table(table)
    for writer in writers:
        writer.close()


def read(reader, path):
    """Reads a table as float32, as a network takes it."""
    csv = path.endswith(".csv")
    start = time.perf_counter()
    if reader == "pandas":
        import numpy
        import pandas

        start = time.perf_counter()
        kinds = {f"x{i}": numpy.float32 for i in range(28)} | {"label": numpy.int8}
        frame = pandas.read_csv(path, engine="pyarrow", dtype=kinds) if csv else (
            pandas.read_parquet(path) if path.endswith("parquet") else pandas.read_feather(path))
    else:
        import polars

        start = time.perf_counter()
        kinds = {f"x{i}": polars.Float32 for i in range(28)} | {"label": polars.Int8}
        frame = polars.read_csv(path, schema_overrides=kinds) if csv else (
            polars.read_parquet(path) if path.endswith("parquet") else polars.read_ipc(path))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{reader:8} {seconds:7.2f} s {peak:8.0f} MB  {len(frame)} rows", flush=True)


match sys.argv[1:]:
    case ["make", rows, folder]:
        make(int(rows), folder)
    case ["read", path]:
        for reader in ["pandas", "polars"]:
            subprocess.run([sys.executable, __file__, reader, path], check=True)
    case [("pandas" | "polars") as reader, path]:
        read(reader, path)
    case _:
        sys.exit(__doc__)
