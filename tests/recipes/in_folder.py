# SpinConv for LAMMPS. SPDX-License-Identifier: MIT
"""A test with a folder of its own."""

import os
import subprocess
import tempfile
import unittest

seconds = 1500  # that nothing takes on a busy machine either, and below what ctest waits


class InFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_program(self, *command):
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL
        )
