"""A SoftHSM token with an online key, and the commands around it."""

import subprocess

from e2e_support import clean_environment

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "123456"


def run(*words, **more):
    return subprocess.run(list(map(str, words)), capture_output=True,
                          timeout=120, check=False,
                          **{"env": clean_environment(), **more})


def openssl(*words):
    result = run("openssl", *words)
    if result.returncode != 0:
        raise RuntimeError(f"openssl {words}: {result.stderr.decode()}")
    return result.stdout


class Token:
    """A SoftHSM token in a directory of its own."""

    # To sign, pkcs11-tool chooses by id; a label it would pass over in silence.
    IDS = {"online": "01", "own": "02"}

    def __init__(self, work):
        (work / "tokens").mkdir()
        self.configuration = work / "softhsm2.conf"
        self.configuration.write_text(
            f"directories.tokendir = {work}/tokens\n"
            "objectstore.backend = file\n", encoding="utf-8")
        self.environment = clean_environment(
            SOFTHSM2_CONF=str(self.configuration), TOKEN_PIN=PIN)
        self.must("softhsm2-util", "--init-token", "--free", "--label",
                  "tufmirror", "--so-pin", "12345678", "--pin", PIN)

    def must(self, *words):
        result = run(*words, env=self.environment)
        if result.returncode != 0:
            raise RuntimeError(f"{words}: {result.stderr.decode()}")

    def take(self, key):
        self.must("softhsm2-util", "--import", key, "--token", "tufmirror",
                  "--label", "online", "--id", self.IDS["online"], "--pin", PIN)

    def make(self, label, public):
        """A key that never leaves the token; writes its public half."""
        tool = ["pkcs11-tool", "--module", SOFTHSM, "--token-label",
                "tufmirror", "--login", "--pin", "env:TOKEN_PIN"]
        self.must(*tool, "--keypairgen", "--key-type", "EC:prime256v1",
                  "--label", label, "--id", self.IDS[label])
        der = public.with_suffix(".der")
        self.must(*tool, "--read-object", "--type", "pubkey", "--label", label,
                  "--output-file", der)
        openssl("pkey", "-pubin", "-inform", "DER", "-in", der, "-pubout",
                "-out", public)

    def signer(self, work, label="online"):
        """As an operator writes it: the token signs a digest."""
        script = work / f"hsm-sign-{label}"
        script.write_text(
            "#!/bin/sh\nset -e\nopenssl dgst -sha256 -binary |\n"
            f"  pkcs11-tool --module {SOFTHSM} --token-label tufmirror "
            "--login --pin env:TOKEN_PIN --sign --mechanism ECDSA "
            f"--signature-format openssl --id {self.IDS[label]}\n",
            encoding="utf-8")
        script.chmod(0o700)
        return [str(script)]
