# SPDX-License-Identifier: MIT
"""Certificates, self-signed or of an authority that is one, by openssl(1)."""

import pathlib
import subprocess
import tempfile
from typing import NamedTuple

AUTHORITY = """
[ca]
default_ca = this
[this]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
copy_extensions = copy
policy = any
[any]
commonName = supplied
"""


class CertificateFiles(NamedTuple):
    certificate: pathlib.Path
    key: pathlib.Path


def make_certificate(folder, host, *, stem=None, address=None, days=30):
    """Writes <stem>.crt and <stem>.key for `host` (and `address`, an IP) into `folder`."""
    files = _name_files(folder, stem or host)
    request = _make_request(files, host, f",IP:{address}" if address else "")
    _openssl(*request, "-x509", "-days", str(days), "-out", files.certificate)
    return files


def issue_certificate(folder, authority, host, stem, period):
    """The same, signed by the CertificateFiles `authority`, from period[0] to period[1], which are
    times like 20200101000000Z."""
    files = _name_files(folder, stem)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        for file, text in (("index", ""), ("serial", "01"), ("config", AUTHORITY)):
            (work / file).write_text(text)
        _openssl(*_make_request(files, host), "-out", work / "request")
        _openssl(
            *("ca", "-batch", "-config", "config", "-notext"),
            *("-cert", authority.certificate, "-keyfile", authority.key),
            *("-startdate", period[0], "-enddate", period[1]),
            *("-in", "request", "-out", files.certificate),
            folder=work,
        )
    return files


def _name_files(folder, stem):
    folder = pathlib.Path(folder)
    return CertificateFiles(folder / f"{stem}.crt", folder / f"{stem}.key")


def _make_request(files, host, more_names=""):
    return [
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}{more_names}"),
        *("-keyout", files.key),
    ]


def _openssl(*arguments, folder=None):
    command = ["openssl", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=30, cwd=folder)
