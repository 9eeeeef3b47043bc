#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds uapi/freeflow.yaml against uapi/freeflow.h, and selftests/fuzz against both.

Every constant, enum, attribute, command and multicast group has the same name
and number on both sides, nothing more, nothing less. What can be asked for, and
every command that kmod/cmd.c serves, is described in selftests/fuzz. Prints KTAP.

Usage: spec.py [YAML HEADER]
"""

import pathlib
import re
import sys

import yaml

TOP = pathlib.Path(__file__).resolve().parent.parent
UAPI = TOP / "uapi"
FUZZ = TOP / "selftests" / "fuzz"


def c_name(*parts):
    """The C name that the YNL code generator makes of the parts."""
    return "".join(parts).upper().replace("-", "_")


def numbered(names, start):
    """Map each name to its number: an explicit one, or the one before plus 1."""
    numbers = {}
    for name, value in names:
        start = start if value is None else value
        numbers[name] = start
        start += 1
    return numbers


def with_ends(numbers, prefix):
    """Add the two names that end an enum whose maximum is told."""
    last = max(numbers.values())
    return {**numbers, f"__{prefix}MAX": last + 1, f"{prefix}MAX": last}


def entry(item):
    """Name and explicit value of an enum's entry, attribute or command."""
    return (item, None) if isinstance(item, str) else (item["name"], item.get("value"))


def spec_definition(family, definition):
    """Title, kind and numbers of a constant or an enum."""
    name = definition["name"]
    if definition["type"] == "const":
        full = c_name(family, "-", name)
        return f"constant {full}", "define", {full: definition["value"]}
    prefix = definition.get("name-prefix", f"{family}-{name}-")
    numbers = numbered(((c_name(prefix, n), v) for n, v in map(entry, definition["entries"])),
                       definition.get("value-start", 0))
    if definition.get("render-max"):
        numbers = with_ends(numbers, c_name(prefix))
    return f"enum {family}_{name.replace('-', '_')}", "enum", numbers


def spec_groups(spec):
    """All that the specification defines: (title, kind, {name: number})."""
    family = spec["name"]
    groups = [
        ("family", "define", {
            spec["c-family-name"]: spec["name"],
            spec["c-version-name"]: spec["version"],
        }),
        ("multicast groups", "define", {
            group.get("c-define-name", c_name(family, "-mcgrp-", group["name"])): group["name"]
            for group in spec["mcast-groups"]["list"]
        }),
    ]
    groups += [spec_definition(family, definition) for definition in spec["definitions"]]
    for attributes in spec["attribute-sets"]:
        prefix = attributes["name-prefix"]
        numbers = numbered(((c_name(prefix, n), v)
                            for n, v in map(entry, attributes["attributes"])), 1)
        groups.append((f"attributes {attributes['name']}", "enum",
                       with_ends(numbers, c_name(prefix))))
    prefix = spec["operations"]["name-prefix"]
    numbers = numbered(((c_name(prefix, n), v)
                        for n, v in map(entry, spec["operations"]["list"])), 1)
    groups.append((f"enum {family}_cmd", "enum", with_ends(numbers, c_name(prefix))))
    return groups


def unknown_references(spec):
    """Names that the specification uses but does not define."""
    enums = {d["name"] for d in spec["definitions"] if d["type"] != "const"}
    sets = {s["name"]: s["attributes"] for s in spec["attribute-sets"]}
    unknown = []
    for name, attributes in sets.items():
        for attribute in attributes:
            if attribute.get("enum", next(iter(enums))) not in enums:
                unknown.append(f"enum {attribute['enum']} of {name}/{attribute['name']}")
            if attribute.get("nested-attributes", name) not in sets:
                unknown.append(f"set {attribute['nested-attributes']} of {name}")
    for operation in spec["operations"]["list"]:
        known = {a["name"] for a in sets[operation["attribute-set"]]}
        unknown += [f"attribute {a} of {operation['name']}"
                    for a in operation_attributes(operation) if a not in known]
    return unknown


def operation_attributes(operation):
    """Every attribute that an operation's messages hold."""
    messages = [operation.get("event", {})]
    for way in ("do", "dump"):
        messages += operation.get(way, {}).values()
    return [name for message in messages for name in message.get("attributes", [])]


def c_value(text, names):
    """Value of a constant expression as the header uses them."""
    text = text.strip()
    if text.startswith('"'):
        return text.strip('"')
    text = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", text)
    sum_of_name = re.fullmatch(r"\(?\s*(\w+)\s*-\s*(\d+)\s*\)?", text)
    if sum_of_name:
        return names[sum_of_name[1]] - int(sum_of_name[2])
    return int(text, 0)


def header_enum(body):
    """{name: number} of what stands between an enum's braces."""
    numbers = {}
    following = 0
    for item in filter(None, (item.strip() for item in body.split(","))):
        name, _, value = (part.strip() for part in item.partition("="))
        numbers[name] = c_value(value, numbers) if value else following
        following = numbers[name] + 1
    return numbers


def header_groups(text):
    """All that the header defines: [(tag, {name: number})] and {name: value}."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    enums = [(tag, header_enum(body))
             for tag, body in re.findall(r"\benum\s*(\w*)\s*\{(.*?)\}", text, re.DOTALL)]
    defines = {name: c_value(value, {})
               for name, value in re.findall(r"^#define[ \t]+(\w+)[ \t]+(\S.*)$", text, re.M)}
    return enums, defines


def differences(wanted, found):
    """Sentences about what only one side has, or what the two disagree on."""
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"{name} is missing in the header"
        elif name not in wanted:
            yield f"{name} is missing in the specification"
        elif wanted[name] != found[name]:
            yield f"{name} is {wanted[name]} in the specification, {found[name]} in the header"


def find_enum(enums, title, wanted):
    """Take the enum with that tag, or an untagged one that shares a name."""
    tag = title[len("enum "):] if title.startswith("enum ") else ""
    for i, (found_tag, found) in enumerate(enums):
        if found_tag == tag and (tag or wanted.keys() & found.keys()):
            return enums.pop(i)[1]
    return {}


def compare(spec, header):
    """Yield (title, [differences]) for each thing that either side defines."""
    enums, defines = header_groups(header)
    for title, kind, wanted in spec_groups(spec):
        if kind == "enum":
            found = find_enum(enums, title, wanted)
        else:
            found = {name: defines.pop(name) for name in wanted if name in defines}
        yield title, list(differences(wanted, found))
    leftover = {**defines, **{n: v for _, numbers in enums for n, v in numbers.items()}}
    yield "nothing more in the header", list(differences({}, leftover))
    yield "nothing undefined in the specification", unknown_references(spec)


def served(spec):
    """Operations that can be asked for, and the attributes of their sets."""
    operations = [o for o in spec["operations"]["list"] if "do" in o or "dump" in o]
    sets = {s["name"]: s for s in spec["attribute-sets"]}
    used = [sets[name] for name in {o["attribute-set"] for o in operations}]
    for attributes in used:     # which grows by those that are nested
        used += [sets[a["nested-attributes"]] for a in attributes["attributes"]
                 if "nested-attributes" in a]
    return ({c_name(spec["operations"]["name-prefix"], o["name"]) for o in operations},
            {c_name(s["name-prefix"], a["name"]) for s in used for a in s["attributes"]})


def difference(wanted, found, where):
    """Sentences about names that are there on one side only."""
    return ([f"{name} is not described" for name in sorted(wanted - found)] +
            [f"{name} is described, but not of {where}" for name in sorted(found - wanted)])


def fuzz_constants(spec):
    """Numbers that the descriptions were compiled to and that are others now."""
    numbers = {name: number for _, _, group in spec_groups(spec)
               for name, number in group.items()}
    for path in sorted(FUZZ.glob("*.const")):
        for name, number in re.findall(r"^(FREEFLOW_\w+) = amd64:(\d+)$",
                                       path.read_text(encoding="utf-8"), re.M):
            if name in numbers and numbers[name] != int(number):
                yield f"{name} is {numbers[name]} in the specification, {number} in {path.name}"


def compare_fuzz(spec):
    """Yield (title, [differences]) for what selftests/fuzz describes."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(FUZZ.glob("*.txt")))
    text = re.sub(r"^#.*", "", text, flags=re.M)
    source = (TOP / "kmod" / "cmd.c").read_text(encoding="utf-8")
    commands, attributes = served(spec)
    verbs = r"(IB_USER_VERBS_(?:EX_)?CMD_(?!FLAG)\w+)"

    yield "fuzz: commands of the family", difference(
        commands, set(re.findall(r"\[(FREEFLOW_CMD_\w+)", text)),
        "the family")
    yield "fuzz: attributes", difference(
        attributes, set(re.findall(r"\bnl(?:attr|nest)\[(FREEFLOW_A_\w+),", text)), "the family")
    yield "fuzz: commands of the device", difference(
        set(re.findall(rf"\[{verbs}\]\s*=", source)), set(re.findall(verbs, text)), "kmod/cmd.c")
    yield "fuzz: constants", list(fuzz_constants(spec))


def main():
    paths = sys.argv[1:] or [UAPI / "freeflow.yaml", UAPI / "freeflow.h"]
    spec, header = (pathlib.Path(path).read_text(encoding="utf-8") for path in paths)
    spec = yaml.safe_load(spec)
    results = [*compare(spec, header), *compare_fuzz(spec)]

    print(f"KTAP version 1\n1..{len(results)}")
    for number, (title, problems) in enumerate(results, 1):
        for problem in problems:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {number} - {title}")
    return int(any(problems for _, problems in results))


if __name__ == "__main__":
    sys.exit(main())
