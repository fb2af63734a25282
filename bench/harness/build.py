# SPDX-License-Identifier: MIT
"""Builds what is measured as a distribution would: Release, with its hardening flags."""

import os
import subprocess


def distribution_flags(*names):
    environment = dict(os.environ, DEB_BUILD_MAINT_OPTIONS="hardening=+all")
    return " ".join(
        subprocess.run(["dpkg-buildflags", "--get", name], check=True, stdout=subprocess.PIPE,
                       text=True, env=environment).stdout.strip() for name in names)


def build(root):
    """Returns the daemon and the folder of the load programs."""
    folder = root / "build" / "bench"
    subprocess.run(
        ["cmake", "-S", root, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
         "-DCMAKE_C_FLAGS=" + distribution_flags("CFLAGS", "CPPFLAGS"),
         "-DCMAKE_CXX_FLAGS=" + distribution_flags("CXXFLAGS", "CPPFLAGS"),
         "-DCMAKE_EXE_LINKER_FLAGS=" + distribution_flags("LDFLAGS"),
         "-DROSTERD_TESTS=OFF", "-DROSTERD_BENCH=ON"],
        check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", folder], check=True)
    return folder / "rosterd", folder / "bench"
