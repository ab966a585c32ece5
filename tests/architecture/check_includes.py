#!/usr/bin/env python3
"""Checks the arrows between modules, and that each third-party library is
included in one folder only.

usage: check_includes.py SOURCE_ROOT

Every #include below src/ and include/tufmirror/ must be of the module's own
files, of a module it may use (USES, closed transitively: whoever uses `tree`
may see the `fs` types in its interface), or of a library that is free to use
or owned by that module. Files over the length limit are refused too.
"""

import pathlib
import re
import sys

# Direct arrows; what a module may include is their transitive closure.
USES = {
    "base": [],
    "fs": ["base"],
    "json": ["base"],
    "crypto": ["base", "fs"],
    "tuf": ["json", "crypto"],
    "pypi": ["json"],
    "select": ["pypi", "fs"],
    "compress": ["crypto"],
    "http": ["crypto", "fs", "compress"],
    "tree": ["fs", "crypto", "json"],
    "client": ["tuf", "http", "fs", "compress"],
    "repo": ["tuf", "pypi", "crypto", "tree", "client"],
    "source": ["client", "pypi", "select", "http", "tree", "repo"],
    "report": ["tree", "json"],
    "serve": ["client", "tree", "pypi", "compress"],
    "guard": ["client", "pypi", "serve", "http", "select"],
    "sync": ["source", "repo", "tree", "report", "select"],
    "cli": ["sync", "serve", "guard", "report"],
}

# Libraries with a home: include prefix -> the modules that may include it.
OWNED = {
    "simdjson": {"json"},
    "sodium": {"crypto"},
    "openssl/": {"crypto"},
    "curl/": {"http"},
    "httplib": {"serve"},
    "archive.h": {"source"},
    "archive_entry.h": {"source"},
    "toml++": {"cli", "select"},
    "gumbo": {"pypi"},
    "re2/": {"select"},
    "CLI/": {"cli"},
    "spdlog/": {"cli"},
    "zstd": {"compress"},
    "zlib": {"compress"},
}

MAX_LINES = 500
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def closure(module):
    seen = {module}
    waiting = [module]
    while waiting:
        for used in USES[waiting.pop()]:
            if used not in seen:
                seen.add(used)
                waiting.append(used)
    return seen


def acyclic():
    """USES is listed lower modules first, so arrows only point upwards."""
    known = set()
    for module, uses in USES.items():
        for used in uses:
            if used not in known:
                yield f"module table: {module} uses {used}, which is not below"
        known.add(module)


def included_module(path):
    """The module that an include path belongs to, or None for a library."""
    parts = path.split("/")
    if parts[0] == "tufmirror" and len(parts) > 2:
        return parts[1]
    if parts[0] in USES and len(parts) > 1:
        return parts[0]
    return None


def check_include(module, allowed, public, path):
    target = included_module(path)
    if target is not None:
        if target not in USES:
            return f"includes the unknown module {target}"
        if target not in allowed:
            return f"module {module} must not use module {target}"
        private = not path.startswith("tufmirror/")
        if private and public:
            return f"a public header includes the private {path}"
        if private and target != module:
            return f"{path} is private to module {target}"
        return None
    for prefix, owners in OWNED.items():
        if path.startswith(prefix) and (public or module not in owners):
            where = " or ".join(f"src/{owner}" for owner in sorted(owners))
            return f"{path} may be included in {where} only"
    return None


def check_file(root, file, module, public):
    allowed = closure(module)
    lines = file.read_text(encoding="utf-8").splitlines()
    name = file.relative_to(root)
    if len(lines) > MAX_LINES:
        yield f"{name}: {len(lines)} lines, at most {MAX_LINES} allowed"
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        problem = check_include(module, allowed, public, match.group(2))
        if problem:
            yield f"{name}:{number}: {problem}"


def self_test():
    """The rules refuse what they are there to refuse."""
    cases = [
        ("tuf", False, "tufmirror/http/transfers.h", True),
        ("tuf", False, "tufmirror/json/document.h", False),
        ("json", False, "simdjson.h", False),
        ("json", True, "simdjson.h", True),
        ("pypi", False, "simdjson.h", True),
        ("pypi", False, "gumbo.h", False),
        ("select", False, "gumbo.h", True),
        ("cli", False, "re2/re2.h", True),
        ("tree", False, "tree/journal.h", False),
        ("sync", False, "tree/journal.h", True),
        ("tree", True, "tree/journal.h", True),
        ("sync", False, "tufmirror/fs/file.h", False),
        ("report", False, "tufmirror/sync/plan.h", True),
        ("cli", False, "spdlog/spdlog.h", False),
        ("sync", False, "spdlog/spdlog.h", True),
    ]
    for module, public, path, refused in cases:
        verdict = check_include(module, closure(module), public, path)
        if bool(verdict) != refused:
            yield f"self-test: {module} including {path}: got {verdict}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    problems = list(acyclic()) + list(self_test())
    files = 0
    for base, public in ((root / "src", False),
                         (root / "include" / "tufmirror", True)):
        for file in sorted(base.rglob("*")):
            if file.suffix not in (".cc", ".h"):
                continue
            module = file.relative_to(base).parts[0]
            files += 1
            if module not in USES:
                problems.append(f"{file.relative_to(root)}: unknown module")
                continue
            problems.extend(check_file(root, file, module, public))
    for file in sorted((root / "tests").rglob("*.cc")):
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            problems.append(f"{file.relative_to(root)}: {lines} lines, "
                            f"at most {MAX_LINES} allowed")
    if files == 0:
        problems.append(f"no source files found below {root}")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{files} files checked, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
