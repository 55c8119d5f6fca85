"""Certificates for tests, made by the openssl command: a CA, and what it signs."""

import subprocess


def openssl(*args, **options):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True, check=True, **options).stdout


class Authority:
    def __init__(self, folder, name="test CA"):
        self.folder, self.cert, self.key = folder, folder / "ca.pem", folder / "ca.key"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.cert)

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", usage="serverAuth"):
        """A certificate and its key: two paths."""
        cert, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        extensions = f"subjectAltName={names}\nextendedKeyUsage={usage}\n"
        (self.folder / "extensions").write_text(extensions)
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-days", 2, "-CAcreateserial",
                "-extfile", self.folder / "extensions", "-out", cert)
        return cert, key
