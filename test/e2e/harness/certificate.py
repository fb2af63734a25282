# SPDX-License-Identifier: MIT
"""Self-signed certificates, by openssl(1)."""

import pathlib
import subprocess
from typing import NamedTuple


class CertificateFiles(NamedTuple):
    certificate: pathlib.Path
    key: pathlib.Path


def make_certificate(folder, host, *, stem=None, address=None, days=30):
    """Writes <stem>.crt and <stem>.key for `host` (and `address`, an IP) into `folder`."""
    folder = pathlib.Path(folder)
    stem = stem or host
    files = CertificateFiles(folder / f"{stem}.crt", folder / f"{stem}.key")
    names = f"DNS:{host}" + (f",IP:{address}" if address else "")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", str(days), "-subj", f"/CN={host}"),
            *("-addext", f"subjectAltName={names}"),
            *("-keyout", files.key, "-out", files.certificate),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return files
