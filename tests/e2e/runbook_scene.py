"""Where runbooks are executed: an origin, its site, and readers who watch."""

import contextlib

from e2e_support import (Javascript, Program, build_wheel, parse_options,
                         work_directory)
from reader_witnesses import Site, Witnesses
from runbook import Runbook
from tap import Tap


class Scene:
    """An origin with a release, its site, and readers who have seen it."""

    def __init__(self, tap, options, program, javascript, work):
        self.tap = tap
        self.program = program
        self.javascript = javascript
        self.work = work
        self.srv = work / "srv"
        self.home = self.srv / "origin"
        self.media = work / "media"
        self.usb = self.media / "usb"
        for directory in (self.srv, self.usb, work / "backup"):
            directory.mkdir(parents=True)
        self.site = Site(program)
        self.places = {"/srv": self.srv, "/media": self.media,
                       "/backup": work / "backup",
                       "https://mirror.example/": self.site.url}
        # Keys that the runbooks make have a passphrase; what a user keeps is
        # kept here.
        self.variables = {"TUFMIRROR_KEY_PASSPHRASE": "correct horse",
                          "XDG_DATA_HOME": str(work / "data"),
                          "XDG_CACHE_HOME": str(work / "cache")}
        self.runbook = Runbook(tap, options.source_root, program, work,
                               self.places, self.variables)
        self.witnesses = None

    def make_origin(self, *options):
        self.release("1.0")
        root = self.program.make_origin(
            self.tap, self.home, self.srv / "wheels", "--key-dir",
            self.srv / "keys", *options)
        self.site.serve(self.home)
        self.witnesses = Witnesses(self.tap, self.program, self.javascript,
                                   self.work, self.site.url, root)
        self.witnesses.all_follow("before", self.home)

    def release(self, version):
        build_wheel(self.srv / "wheels", "alpha_demo", version)

    def sync(self, name):
        self.runbook.run_command(name, "tufmirror sync /srv/origin", [])


@contextlib.contextmanager
def scene(tap, options, program, javascript, work):
    made = Scene(tap, options, program, javascript, work)
    with made.site:
        yield made


def run_scenes(checks):
    """Each check with a scene of its own."""
    options = parse_options()
    tap = Tap()
    program = Program(options.program)
    javascript = Javascript(options.source_root, options.build_root)
    with work_directory() as work:
        for check in checks:
            with scene(tap, options, program, javascript,
                       work / check.__name__) as it:
                check(it)
    tap.finish()
