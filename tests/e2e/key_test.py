"""Keys made here, by openssl and by securesystemslib, each read by the others;
and origins whose online keys are behind commands: openssl, securesystemslib and
a SoftHSM token."""

import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import termios

import securesystemslib_keys
from e2e_support import (Program, build_wheel, clean_environment, describe,
                         parse_options, work_directory)
from softhsm_token import Token, openssl, run
from tap import Tap

PASSPHRASE = "correct horse"
ALGORITHMS = ("ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-pss-sha256")
GENPKEY = {
    "ed25519": ["-algorithm", "ED25519"],
    "ecdsa-p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ecdsa-p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "rsa-pss-sha256": ["-algorithm", "RSA", "-pkeyopt",
                       "rsa_keygen_bits:3072"]}
PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
SCRIPT = str(pathlib.Path(securesystemslib_keys.__file__).resolve())


def openssl_signer(algorithm, key):
    """A command that signs its standard input."""
    if algorithm == "ed25519":
        return ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(key),
                "-in", "/dev/stdin"]
    digest = "-sha384" if algorithm == "ecdsa-p384" else "-sha256"
    pss = PSS if algorithm == "rsa-pss-sha256" else []
    return ["openssl", "dgst", digest, *pss, "-sign", str(key)]


def openssl_verifies(algorithm, public, signature, payload, work):
    (work / "payload").write_bytes(payload)
    (work / "signature").write_bytes(signature)
    if algorithm == "ed25519":
        words = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public,
                 "-in", work / "payload", "-sigfile", work / "signature"]
    else:
        digest = "-sha384" if algorithm == "ecdsa-p384" else "-sha256"
        pss = PSS if algorithm == "rsa-pss-sha256" else []
        words = ["dgst", digest, *pss, "-verify", public, "-signature",
                 work / "signature", work / "payload"]
    return run("openssl", *words).returncode == 0


class Keys:
    """The key command, with a passphrase in the environment."""

    def __init__(self, tap, program):
        self.tap = tap
        self.program = program

    def run(self, *words, **environment):
        return run(self.program.path, "key", *words, stdin=subprocess.DEVNULL,
                   text=True, env=clean_environment(**environment))

    def works(self, name, *words, **environment):
        environment.setdefault("TUFMIRROR_KEY_PASSPHRASE", PASSPHRASE)
        result = self.run(*words, **environment)
        self.tap.check(name, result.returncode == 0, describe(result))
        return result.stdout

    def refused(self, name, text, *words, code=1, **environment):
        result = self.run(*words, **environment)
        self.tap.check(name, result.returncode == code and
                       text in result.stderr, f"{text}\n{describe(result)}")

    def declared(self, file, to):
        """Writes the key object of TUF metadata."""
        result = self.run("show", file, "--json",
                          TUFMIRROR_KEY_PASSPHRASE=PASSPHRASE)
        if result.returncode != 0:
            raise RuntimeError(describe(result))
        pathlib.Path(to).write_text(result.stdout, encoding="utf-8")
        return json.loads(result.stdout)


def test_openssl(tap, keys, work):
    for algorithm in ALGORITHMS:
        theirs = work / f"openssl-{algorithm}.pem"
        openssl("genpkey", *GENPKEY[algorithm], "-aes-256-cbc", "-pass",
                f"pass:{PASSPHRASE}", "-out", theirs)
        theirs.chmod(0o600)
        text = keys.works(f"openssl's {algorithm} key opens", "check", theirs)
        tap.check(f"openssl's {algorithm} key is what it is",
                  f"algorithm    {algorithm}\n" in text, text)
        public = work / f"openssl-{algorithm}.pub"
        keys.works(f"public half of openssl's {algorithm} key", "convert",
                   theirs, "--public", "--output", public)
        tap.equal(f"openssl says the same of its {algorithm} key",
                  public.read_bytes(),
                  openssl("pkey", "-in", theirs, "-pubout", "-passin",
                          f"pass:{PASSPHRASE}"))
        ours = work / f"{algorithm}.pem"
        keys.works(f"make a {algorithm} key", "generate", ours, "--algorithm",
                   algorithm, "--public", work / f"{algorithm}.pub")
        tap.equal(f"openssl reads our {algorithm} key",
                  openssl("pkey", "-in", ours, "-pubout", "-passin",
                          f"pass:{PASSPHRASE}"),
                  (work / f"{algorithm}.pub").read_bytes())
        tap.equal(f"our {algorithm} key is its owner's alone",
                  ours.stat().st_mode & 0o777, 0o600)


def test_old_pem(tap, keys, work):
    """What openssl wrote before PKCS#8."""
    for kind, words in (("rsa", ["genrsa", "-traditional", "2048"]),
                        ("ec", ["ecparam", "-name", "prime256v1", "-genkey"])):
        plain = work / f"old-{kind}.pem"
        openssl(words[0], "-out", plain, *words[1:])
        locked = work / f"old-{kind}-encrypted.pem"
        openssl(kind, "-in", plain, "-aes256", "-passout",
                f"pass:{PASSPHRASE}", "-out", locked,
                *(["-traditional"] if kind == "rsa" else []))
        for file in (plain, locked):
            file.chmod(0o600)
            output = work / f"from-{file.name}"
            keys.works(f"import {file.name}", "convert", file, "--output",
                       output, TUFMIRROR_NEW_KEY_PASSPHRASE="new")
            tap.equal(f"{file.name} is the same key",
                      openssl("pkey", "-in", output, "-pubout", "-passin",
                              "pass:new"),
                      openssl("pkey", "-in", plain, "-pubout"))
        keys.refused(f"a wrong passphrase of {locked.name}", "a wrong one",
                     "check", locked, TUFMIRROR_KEY_PASSPHRASE="wrong")


def test_securesystemslib(tap, keys, work):
    theirs = work / "securesystemslib"
    theirs.mkdir()
    made = run(securesystemslib_keys.PYTHON, SCRIPT, "make", theirs, PASSPHRASE)
    tap.check("securesystemslib makes keys", made.returncode == 0,
              made.stderr.decode())
    for kind in ("ed25519", "ecdsa", "rsa"):
        for form in ("encrypted", "plain"):
            file = theirs / f"{kind}-{form}"
            file.chmod(0o600)
            output = theirs / f"{kind}-{form}.pem"
            keys.works(f"import securesystemslib's {kind} key, {form}",
                       "convert", file, "--output", output,
                       TUFMIRROR_NEW_KEY_PASSPHRASE=PASSPHRASE)
            public = json.loads(keys.works("show it", "show", output, "--json"))
            declared = json.loads(keys.works(
                "show what securesystemslib says of it", "show",
                theirs / f"{kind}-{form}.pub", "--json"))
            tap.equal(f"securesystemslib's {kind} key, {form}, is the same",
                      public["fingerprint"], declared["fingerprint"])
        keys.refused(f"a wrong passphrase of securesystemslib's {kind} key",
                     "a wrong one", "check", theirs / f"{kind}-encrypted",
                     TUFMIRROR_KEY_PASSPHRASE="wrong")
    for algorithm in ALGORITHMS:
        file = work / f"{algorithm}.pem"
        keys.declared(file, work / f"{algorithm}.json")
        opened = run(securesystemslib_keys.PYTHON, SCRIPT, "open",
                     work / f"{algorithm}.json", file, PASSPHRASE)
        tap.check(f"securesystemslib opens our {algorithm} key and signs",
                  opened.returncode == 0, opened.stderr.decode())


def test_passphrases(tap, keys, work):
    key = work / "ed25519.pem"
    phrase = work / "phrase"
    phrase.write_text(PASSPHRASE + "\n", encoding="utf-8")
    phrase.chmod(0o600)
    result = keys.run("check", key, "--passphrase-file", phrase)
    tap.check("a passphrase from a file", result.returncode == 0,
              describe(result))
    read, write = os.pipe()
    os.write(write, PASSPHRASE.encode() + b"\n")
    os.close(write)
    result = run(keys.program.path, "key", "check", key, "--passphrase-fd",
                 read, text=True, pass_fds=[read], stdin=subprocess.DEVNULL)
    os.close(read)
    tap.check("a passphrase from a descriptor", result.returncode == 0,
              describe(result))
    changed = work / "changed.pem"
    keys.works("change the passphrase", "convert", key, "--output", changed,
               TUFMIRROR_NEW_KEY_PASSPHRASE="another")
    keys.works("the new passphrase opens it", "check", changed,
               TUFMIRROR_KEY_PASSPHRASE="another")
    keys.refused("the old one does not", "a wrong one", "check", changed,
                 TUFMIRROR_KEY_PASSPHRASE=PASSPHRASE)
    keys.refused("no passphrase, no terminal", "a passphrase is needed",
                 "generate", work / "none.pem")
    keys.refused("an empty passphrase for a new key", "is empty", "generate",
                 work / "none.pem", TUFMIRROR_KEY_PASSPHRASE="")
    phrase.chmod(0o644)
    keys.refused("a passphrase file that others can read", "chmod 600",
                 "check", key, "--passphrase-file", phrase)
    for word in ("--passphrase", "--password", "-p"):
        keys.refused(f"{word}: a passphrase is no argument", "not expected",
                     "check", key, word, PASSPHRASE, code=2)
    tap.check("nothing was made of what was refused",
              not (work / "none.pem").exists())


def at_terminal(program, answers, *words):
    """Runs the key command on a terminal of its own, where each question of
    `answers` is answered; gives exit code and all that the terminal showed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(program.path, [program.path, "key", *map(str, words)],
                  clean_environment())
    shown = b""
    for question, answer in answers:
        while question not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, answer.encode() + b"\n")
    try:
        while more := os.read(terminal, 1024):
            shown += more
    except OSError:  # how a terminal says that nobody has it open any more
        pass
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


def test_prompt(tap, keys, work):
    """Asked for without echo, and twice for a new key."""
    once, again = b"Passphrase for ", b"The same again: "
    key = work / "asked.pem"
    code, shown = at_terminal(keys.program, [(once, PASSPHRASE),
                                             (again, "corect horse")],
                              "generate", key)
    tap.check("two passphrases that differ", code == 1 and
              b"the two passphrases differ" in shown and not key.exists(),
              f"{code} {shown}")
    code, shown = at_terminal(keys.program, [(once, PASSPHRASE),
                                             (again, PASSPHRASE)],
                              "generate", key)
    tap.check("a passphrase from a prompt", code == 0, f"{code} {shown}")
    tap.check("is not shown", b"horse" not in shown, shown)
    code, shown = at_terminal(keys.program, [(once, PASSPHRASE)], "check", key)
    tap.check("asked for once to open the key", code == 0 and
              again not in shown and b"horse" not in shown, f"{code} {shown}")
    check_interrupt(tap, keys, key)


def check_interrupt(tap, keys, key):
    """Ctrl-C instead of a passphrase: the terminal shows again what is typed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(keys.program.path, [keys.program.path, "key", "check", key],
                  clean_environment())
    shown = b""
    while b"Passphrase for " not in shown:
        shown += os.read(terminal, 1024)
    asked = termios.tcgetattr(terminal)[3] & termios.ECHO
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    left = termios.tcgetattr(terminal)[3] & termios.ECHO
    os.close(terminal)
    tap.check("Ctrl-C at the prompt leaves the terminal as it was",
              os.WIFSIGNALED(status) and not asked and bool(left),
              f"{status} {asked} {left}")


def test_refusals(keys, work):
    key = work / "rsa-pss-sha256.pem"
    environment = {"TUFMIRROR_KEY_PASSPHRASE": PASSPHRASE}
    bad = work / "bad.pem"
    bad.write_bytes(key.read_bytes()[:300])
    bad.chmod(0o600)
    keys.refused("a truncated key", "a damaged one", "check", bad,
                 **environment)
    bad.write_bytes(key.read_bytes())
    bad.chmod(0o644)
    keys.refused("a key that others can read", "chmod 600", "check", bad,
                 **environment)
    link = work / "link.pem"
    link.symlink_to(key)
    keys.refused("a symbolic link", "a symbolic link", "check", link,
                 **environment)
    keys.refused("a key is never overwritten", "never overwritten",
                 "generate", key, **environment)
    both = work / "both.pem"
    keys.refused("nor by its own public half", "another file", "generate", both,
                 "--public", work / "." / "both.pem", code=2, **environment)
    keys.refused("nor left without its public half", "nowhere", "generate",
                 both, "--public", work / "nowhere/both.pub", **environment)
    keys.works("and a next try is in nobody's way", "generate", both,
               **environment)
    keys.refused("no passphrase that then is none", "excludes", "generate",
                 work / "plain.pem", "--unencrypted-keys", "--passphrase-file",
                 key, code=2)
    fifo = work / "fifo.pem"
    os.mkfifo(fifo)
    keys.refused("a pipe is not waited for", "regular file", "show", fifo)
    keys.refused("nor by a conversion", "never overwritten", "convert",
                 work / "ed25519.pem", "--output", key, **environment)
    keys.refused("an algorithm that is not there", "not in", "generate",
                 work / "none.pem", "--algorithm", "dsa", code=2)
    bad.unlink()
    bad.write_text("no key\n", encoding="utf-8")
    bad.chmod(0o600)
    keys.refused("a file that is no key", "PKCS#8", "show", bad, **environment)


def toml(signers):
    lines = []
    for command, public, names in signers:
        lines.append("[[origin.online_signers]]\n"
                     f"command = {json.dumps(command)}\n"
                     f"public_key = {json.dumps(str(public))}\n"
                     f"environment = {json.dumps(names)}\n")
    return "\n".join(lines)


def configure(home, signers):
    """Puts `signers` in the place of the online keys that init wrote."""
    file = home / "tufmirror.toml"
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^online_key = .*?$", "", text)
    text = re.sub(r"(?ms)^online_signers = \[.*?^\]$|^online_signers = \[\]$",
                  "", text)
    file.write_text(f"{text}\n{toml(signers)}", encoding="utf-8")


def make_origin(tap, program, work, algorithm, *options):
    home = work / f"origin-{algorithm}"
    build_wheel(work / "wheels", "six", "1.0")
    program.check(tap, f"init an origin with {algorithm} keys", "init",
                  "origin", home, "--from", work / "wheels", "--bits", "1",
                  "--unencrypted-keys", "--online-algorithm", algorithm,
                  *options)
    return home


def signed_payload(document):
    """The canonical form of what was signed: this document has no character
    that any form escapes."""
    return json.dumps(document["signed"], sort_keys=True, ensure_ascii=False,
                      separators=(",", ":")).encode()


def check_timestamp(tap, home, algorithm, publics, work):
    """Both programs verify both signatures of the timestamp."""
    file = home / "live/metadata/timestamp.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    tap.equal(f"{algorithm}: two signatures", len(document["signatures"]), 2)
    root = json.loads((home / "live/metadata/1.root.json").read_text("utf-8"))
    for signature in document["signatures"]:
        declared = root["signed"]["keys"][signature["keyid"]]
        key_object = work / "declared.json"
        key_object.write_text(json.dumps(declared), encoding="utf-8")
        verified = run(securesystemslib_keys.PYTHON, SCRIPT, "verify", file,
                       signature["keyid"], key_object)
        tap.check(f"{algorithm}: securesystemslib verifies the timestamp",
                  verified.returncode == 0, verified.stderr.decode())
        raw = bytes.fromhex(signature["sig"])
        tap.check(f"{algorithm}: openssl verifies the timestamp", any(
            openssl_verifies(algorithm, public, raw, signed_payload(document),
                             work) for public in publics))


def test_signers(tap, program, keys, work):
    """Threshold 2, a key each for openssl and for securesystemslib."""
    for algorithm in ALGORITHMS:
        home = make_origin(tap, program, work, algorithm, "--online-keys", "2",
                           "--online-threshold", "2")
        files = [home / f"keys/online-{i}.pem" for i in (1, 2)]
        publics = [file.with_suffix(".pub") for file in files]
        for file, public in zip(files, publics):
            public.write_bytes(openssl("pkey", "-in", file, "-pubout"))
        check_timestamp(tap, home, algorithm, publics, work)
        keys.declared(files[1], work / "second.json")
        second = [securesystemslib_keys.PYTHON, SCRIPT, "sign",
                  str(work / "second.json"), str(files[1])]
        if algorithm == "ecdsa-p384":  # which securesystemslib cannot sign
            second = openssl_signer(algorithm, files[1])
        configure(home, [
            (openssl_signer(algorithm, files[0]), publics[0], []),
            (second, publics[1], [])])
        program.check(tap, f"{algorithm}: sync with two external signers",
                      "sync", home)
        program.check(tap, f"{algorithm}: what they signed verifies", "verify",
                      home)
        check_timestamp(tap, home, algorithm, publics, work)


def test_token(tap, program, work):
    """The online key is in a token; its file is gone."""
    home = make_origin(tap, program, work / "token", "ecdsa-p256")
    token = Token(work / "token")
    key = home / "keys/online.pem"
    token.take(key)
    public = home / "online.pub"
    public.write_bytes(openssl("pkey", "-in", key, "-pubout"))
    key.unlink()
    names = ["SOFTHSM2_CONF", "TOKEN_PIN"]
    signer = token.signer(work / "token")
    configure(home, [(signer, public, names)])
    before = (home / "live/metadata/timestamp.json").read_bytes()

    def sync(**environment):
        return run(program.path, "sync", home, text=True,
                   stdin=subprocess.DEVNULL,
                   env={**token.environment, **environment})

    wrong = sync(TOKEN_PIN="999999")
    tap.check("a wrong PIN: refused, and it says why", wrong.returncode == 1 and
              "it said:" in wrong.stderr + wrong.stdout, describe(wrong))
    tap.equal("and the old state is served",
              (home / "live/metadata/timestamp.json").read_bytes(), before)
    right = sync()
    tap.check("sync signs with the token", right.returncode == 0,
              describe(right))
    tap.check("and something new is served",
              (home / "live/metadata/timestamp.json").read_bytes() != before)
    program.check(tap, "what the token signed verifies", "verify", home)
    named = run(program.path, "key", "check", public, "--in", home, text=True)
    tap.check("key check finds the key's roles", named.returncode == 0 and all(
        f"signs {role} (1 of 1 " in named.stdout
        for role in ("snapshot", "timestamp", "bin-*")), describe(named))
    change_to_key_of_token(tap, program, token, home, work / "token")
    other = work / "ed25519.pub"
    stranger = run(program.path, "key", "check", other, "--in",
                   home / "live/metadata/1.root.json", text=True)
    tap.check("and that no role names another", stranger.returncode == 1 and
              "no role names this key" in stranger.stdout, describe(stranger))


def change_to_key_of_token(tap, program, token, home, work):
    """A ceremony makes a key the online key that the token has made itself."""
    public = work / "own.pub"
    token.make("own", public)
    file = home / "tufmirror.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[:text.index("[[origin.online_signers]]")] + toml(
        [(token.signer(work, "own"), public, ["SOFTHSM2_CONF", "TOKEN_PIN"])]),
        encoding="utf-8")
    root = json.loads((home / "live/metadata/1.root.json").read_text("utf-8"))
    old = root["signed"]["roles"]["timestamp"]["keyids"][0]
    candidate = work / "candidate.json"

    def ceremony(name, *words):
        result = run(program.path, "ceremony", *words, text=True,
                     stdin=subprocess.DEVNULL, env=token.environment)
        tap.check(name, result.returncode == 0, describe(result))

    ceremony("begin a ceremony for the token's own key", "begin", home,
             "--replace-key", "online", old, public, "--output", candidate)
    for key in ("root-1", "bins"):
        ceremony(f"{key} signs it", "sign", candidate, "--key",
                 home / f"keys/{key}.pem", "--yes")
    ceremony("publish it, signed by the token", "publish", home, candidate,
             "--yes")
    program.check(tap, "what the token's own key signed verifies", "verify",
                  home)
    named = run(program.path, "key", "check", public, "--in", home, text=True)
    tap.check("it signs all that the old key did", named.returncode == 0 and
              named.stdout.count("signs ") == 3, describe(named))


def main():
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    keys = Keys(tap, program)
    with work_directory() as work:
        (work / "token").mkdir()
        test_openssl(tap, keys, work)
        test_old_pem(tap, keys, work)
        test_securesystemslib(tap, keys, work)
        test_passphrases(tap, keys, work)
        test_prompt(tap, keys, work)
        test_refusals(keys, work)
        test_signers(tap, program, keys, work)
        test_token(tap, program, work)
    tap.finish()


if __name__ == "__main__":
    sys.exit(main())
