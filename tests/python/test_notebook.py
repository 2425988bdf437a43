"""The example notebook runs from its first cell to its last, in a kernel of its own."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs/examples/notebook.ipynb"


class Notebook(unittest.TestCase):
    def test_every_cell_runs(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            copy = shutil.copy(NOTEBOOK, folder)
            notebook = nbformat.read(copy, as_version=4)
            NotebookClient(notebook, resources={"metadata": {"path": folder}}).execute()
            self.assertEqual(len(list(Path(folder, "logs/rates").glob("*/*/run.json"))), 6)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        shown = [
            output.get("data", {}).get("text/plain", output.get("text", ""))
            for cell in cells
            for output in cell.outputs
        ]
        text = "\n".join(shown)
        self.assertIn("Epoch 3/3", shown[0], text)
        self.assertIn("learning_rate=", text)
        self.assertIn("optimizer.learning_rate", text)
        self.assertIn("help: ", text)
        self.assertEqual(text.count("unknown key `learning_rat`"), 1, text)

    def test_it_is_committed_without_outputs(self) -> None:
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        self.assertFalse(any(cell.get("outputs") for cell in notebook.cells))


if __name__ == "__main__":
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    unittest.main()
