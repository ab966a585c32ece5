"""What an attack is, and the pieces of which attacks are made."""

import dataclasses
import hashlib
import json
import typing

from forger import Repository
from malicious_mirror import JSON_TYPE, Answer, is_file, serve_tree
from world import FIX


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@dataclasses.dataclass
class Attack:
    """`harm`, `guard` and `replica` are the columns: what happens is asserted
    by each. The mirror serves `tree(world)`, but for what `respond(world,
    request)` answers. Guard and replica have seen `follower` before. `cure` is
    the tree of a good mirror afterwards."""

    name: str
    harm: object
    guard: object
    replica: object
    respond: typing.Callable = None
    tree: typing.Callable = lambda world: world.new.tree
    follower: typing.Callable = lambda world: world.old
    cure: typing.Callable = lambda world: world.new.tree


def plain_page(request, project="victim"):
    """A page as installers ask for it. TUF clients of a repository with
    consistent snapshots ask for names with digests, which a liar may treat
    better."""
    return request.path in (f"simple/{project}/",
                            f"simple/{project}/index.html",
                            f"simple/{project}/index.v1_json")


def page_with(answer, replacements):
    """A page with other text in it."""
    text = answer.body.decode()
    for old, new in replacements.items():
        assert old in text, f"{old} is not in the page"
        text = text.replace(old, new)
    return dataclasses.replace(answer, body=text.encode())


def lying_page(tree, request, real, false):
    """The page that `request` asks for, with another file's digest."""
    return page_with(serve_tree(tree, request), {sha256(real): sha256(false)})


def page_of_fix(world, request, replacements):
    """The page of victim with other text in it, under its name with a digest
    too; older pages, which do not name the fix, as they are."""
    answer = serve_tree(world.new.tree, request)
    return page_with(answer, replacements) if FIX.encode() in answer.body \
        else answer


def real_fix(world):
    return world.new.tree[f"packages/victim/{FIX}"]


def with_trojan(also=None):
    """For attacks on metadata: `also(world, request)` answers what TUF
    clients read; an installer, which does not read it, gets the trojan, and a
    page that has its digest."""
    def respond(world, request):
        answer = also(world, request) if also else None
        if answer is not None:
            return answer
        if plain_page(request):
            return lying_page(world.new.tree, request, real_fix(world),
                              world.trojan)
        if is_file(request, FIX):
            return Answer(world.trojan)
        return None
    return respond


def trojan_for_installers(world, request):
    """The page that installers ask for leads them to the trojan; everything
    that TUF clients ask for is there as well."""
    if plain_page(request):
        answer = lying_page(world.new.tree, request, real_fix(world),
                            world.trojan)
        return page_with(answer, {f"packages/victim/{FIX}": f"trojan/{FIX}"})
    if request.path == f"trojan/{FIX}":
        return Answer(world.trojan)
    if request.path == f"trojan/{FIX}.metadata":
        return Answer(world.new.tree[f"packages/victim/{FIX}.metadata"])
    return None


def page_of(files, request):
    """A page of ours: `files` is {name: (url, bytes)}."""
    if request.wants_json:
        entries = [{"filename": name, "url": url,
                    "hashes": {"sha256": sha256(data)}}
                   for name, (url, data) in files.items()]
        body = json.dumps({"meta": {"api-version": "1.1"}, "name": "victim",
                           "versions": [], "files": entries})
        return Answer(body.encode(), content_type=JSON_TYPE)
    links = [f'<a href="{url}#sha256={sha256(data)}">{name}</a><br>'
             for name, (url, data) in files.items()]
    return Answer(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>"
                  .encode(), content_type="text/html")


def forged_tree(world, *keys):
    """A repository whose fix is the trojan, consistent in itself: pages,
    bins, snapshot and timestamp fit; all signed by `keys`."""
    repository = Repository(world.new.tree)
    put_fix(repository, world.trojan, *keys)
    repository.put_snapshot(*keys)
    repository.put_timestamp(*keys)
    return repository.tree


def put_fix(repository, data, *keys):
    """Makes `data` the fix: the file and the pages that name it."""
    path = f"packages/victim/{FIX}"
    real = repository.tree[path]
    repository.put_target(path, data, *keys)
    for name in ("index.html", "index.v1_json"):
        page = f"simple/victim/{name}"
        repository.put_target(
            page, repository.tree[page].replace(sha256(real).encode(),
                                                sha256(data).encode()), *keys)
