#!/usr/bin/env python3
"""Prints the public items in a JSON file of rustdoc, one in each line: modules, types, fields, variants, functions and methods."""

import json
import sys


def main(path):
    document = json.load(open(path, encoding="utf-8"))
    index = document["index"]
    lines = set()
    entered = set()

    def type_name(kind):
        """The name of a type, as far as it is needed to see a change."""
        if not isinstance(kind, dict):
            return str(kind)
        ((name, value),) = kind.items()
        match name:
            case "resolved_path":
                return value["path"].split("::")[-1] + arguments(value.get("args"))
            case "primitive" | "generic":
                return value
            case "borrowed_ref":
                return "&" + ("mut " if value["is_mutable"] else "") + type_name(value["type"])
            case "tuple":
                return "(" + ", ".join(map(type_name, value)) + ")"
            case "slice":
                return "[" + type_name(value) + "]"
            case "array":
                return f'[{type_name(value["type"])}; {value["len"]}]'
            case "impl_trait":
                return "impl " + " + ".join(bound(each) for each in value)
            case "dyn_trait":
                return "dyn " + " + ".join(each["trait"]["path"].split("::")[-1] for each in value["traits"])
            case "qualified_path":
                return type_name(value["self_type"]) + "::" + value["name"]
            case _:
                return name

    def bound(value):
        trait = value.get("trait_bound")
        return trait["trait"]["path"].split("::")[-1] + arguments(trait["trait"].get("args")) if trait else "'_"

    def arguments(args):
        inner = (args or {}).get("angle_bracketed")
        words = [type_name(each["type"]) for each in (inner or {}).get("args", []) if "type" in each]
        return "<" + ", ".join(words) + ">" if words else ""

    def signature(function):
        of = function["sig"]
        inputs = ", ".join(f"{name}: {type_name(kind)}" for name, kind in of["inputs"])
        output = f' -> {type_name(of["output"])}' if of["output"] else ""
        return f"({inputs}){output}"

    def visit(identifier, parent, is_part=False):
        item = index.get(str(identifier))
        if item is None or not (item["visibility"] == "public" or is_part):
            return
        ((kind, inner),) = item["inner"].items()
        name = item["name"]
        if kind == "use":
            target = inner.get("id")
            if inner["is_glob"]:
                for each in (index.get(str(target)) or {"inner": {"module": {"items": []}}})["inner"].get("module", {}).get("items", []):
                    visit(each, parent)
            elif str(target) in index:
                lines.add(f'pub use {parent}::{inner["name"]}')
                found = index[str(target)]
                if "use" not in found["inner"]:
                    visit_as(target, parent, inner["name"])
            return
        visit_as(identifier, parent, name)

    def visit_as(identifier, parent, name):
        item = index[str(identifier)]
        ((kind, inner),) = item["inner"].items()
        path = f"{parent}::{name}" if parent else name
        if (identifier, path) in entered:
            return
        entered.add((identifier, path))
        if kind == "module":
            lines.add(f"mod {path}")
            for each in inner["items"]:
                visit(each, path)
        elif kind in ("struct", "enum", "trait", "union"):
            lines.add(f"{kind} {path}")
            if kind == "struct":
                plain = inner["kind"].get("plain", {}).get("fields", []) if isinstance(inner["kind"], dict) else []
                for each in plain:
                    field = index.get(str(each))
                    if field and field["visibility"] == "public":
                        lines.add(f'field {path}::{field["name"]}: {type_name(field["inner"]["struct_field"])}')
            for each in inner.get("variants", []):
                lines.add(f'variant {path}::{index[str(each)]["name"]}')
            for each in inner.get("items", []):
                visit(each, path, True)
            for each in inner.get("impls", []):
                block = index[str(each)]["inner"]["impl"]
                if block["trait"] is None:
                    for member in block["items"]:
                        visit(member, path)
                elif not (block["is_synthetic"] or block["blanket_impl"]):
                    lines.add(f'impl {block["trait"]["path"].split("::")[-1]}{arguments(block["trait"].get("args"))} for {path}')
        elif kind == "function":
            lines.add(f"fn {path}{signature(inner)}")
        elif kind in ("constant", "assoc_const", "static"):
            lines.add(f'const {path}: {type_name(inner["type"])}')
        else:
            lines.add(f"{kind} {path}")

    visit_as(document["root"], "", "toolchainkit")
    print("\n".join(sorted(lines)))


main(sys.argv[1])
