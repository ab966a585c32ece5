"""Keys and signatures through Debian's python3-securesystemslib, run by Debian's
own Python, whichever Python runs the tests.

usage: securesystemslib_keys.py make DIRECTORY PASSPHRASE
       securesystemslib_keys.py sign KEY_OBJECT PRIVATE_PEM     (stdin to stdout)
       securesystemslib_keys.py verify METADATA KEYID KEY_OBJECT
       securesystemslib_keys.py open KEY_OBJECT PRIVATE_PEM PASSPHRASE
"""

import json
import pathlib
import sys

PYTHON = "/usr/bin/python3"


def make(directory, passphrase):
    """Key files of every form that it writes."""
    from securesystemslib import interface
    for kind in ("ed25519", "ecdsa", "rsa"):
        encrypted = getattr(interface, f"generate_and_write_{kind}_keypair")
        plain = getattr(interface,
                        f"generate_and_write_unencrypted_{kind}_keypair")
        encrypted(passphrase, filepath=f"{directory}/{kind}-encrypted")
        plain(filepath=f"{directory}/{kind}-plain")


def private_key(key_object, pem, passphrase=None):
    """Our key file as its key dictionary."""
    from cryptography.hazmat.primitives import serialization
    from securesystemslib import keys
    declared = json.loads(pathlib.Path(key_object).read_text("utf-8"))
    text = pathlib.Path(pem).read_text("ascii")
    if declared["keytype"] == "rsa":
        return keys.import_rsakey_from_private_pem(
            text, declared["scheme"], passphrase)
    if declared["keytype"] == "ecdsa":
        key = keys.import_ecdsakey_from_private_pem(
            text, declared["scheme"], passphrase)
        key["scheme"] = declared["scheme"]
        return key
    loaded = serialization.load_pem_private_key(
        text.encode(), passphrase.encode() if passphrase else None)
    seed = loaded.private_bytes(serialization.Encoding.Raw,
                                serialization.PrivateFormat.Raw,
                                serialization.NoEncryption()).hex()
    return {"keytype": "ed25519", "scheme": "ed25519", "keyid": "00",
            "keyval": {"public": declared["keyval"]["public"],
                       "private": seed}}


def sign(key_object, pem, passphrase=None):
    from securesystemslib import keys
    signature = keys.create_signature(
        private_key(key_object, pem, passphrase), sys.stdin.buffer.read())
    sys.stdout.buffer.write(bytes.fromhex(signature["sig"]))


def verify(metadata, keyid, key_object):
    from securesystemslib import keys
    from securesystemslib.formats import encode_canonical
    document = json.loads(pathlib.Path(metadata).read_text("utf-8"))
    declared = json.loads(pathlib.Path(key_object).read_text("utf-8"))
    declared["keyid"] = keyid
    signature = next(signature for signature in document["signatures"]
                     if signature["keyid"] == keyid)
    payload = encode_canonical(document["signed"]).encode()
    if not keys.verify_signature(declared, signature, payload):
        sys.exit("the signature does not verify")


def open_and_sign(key_object, pem, passphrase):
    """Opens an encrypted key of ours; what it signs must verify."""
    from securesystemslib import keys
    declared = json.loads(pathlib.Path(key_object).read_text("utf-8"))
    key = private_key(key_object, pem, passphrase)
    if key["scheme"] == "ecdsa-sha2-nistp384":
        return  # it verifies such signatures, and makes none
    signature = keys.create_signature(key, b"message")
    declared["keyid"] = signature["keyid"]
    if not keys.verify_signature(declared, signature, b"message"):
        sys.exit("the signature does not verify")


if __name__ == "__main__":
    {"make": make, "sign": sign, "verify": verify,
     "open": open_and_sign}[sys.argv[1]](*sys.argv[2:])
