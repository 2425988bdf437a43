"""Holds the descriptions of a JSON Schema to what an editor needs: every key says its values, its default
and an example, and the example is valid.

    examples.py config.schema.json

Prints what is wrong, a line each, and then the number of keys.
"""

import json
import re
import sys
import tomllib

import jsonschema

EXAMPLE = re.compile(r"^- Example: `(.+)`$", re.MULTILINE)


def keys(schema, path=""):
    """The keys of all tables in a schema, each with the path to its schema."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        for name, key in (properties.items() if isinstance(properties, dict) else ()):
            yield f"{path}/{name}", name, key
    items = schema.items() if isinstance(schema, dict) else enumerate(schema)
    for name, inner in items:
        if isinstance(inner, (dict, list)):
            yield from keys(inner, f"{path}/{name}")


def mistakes(name, key, definitions):
    if "allOf" in key or "$ref" in key:
        yield "taplo shows no description beside `allOf` or `$ref`"
    text = key.get("description", "")
    if "const" in key or text.startswith("`"):
        return  # The name of a variant; its description is that of the variant.
    if not re.match(r"\S.+\.\n\n- Value: .+\n- (Default|Required): .+", text):
        yield f"description {text!r}"
    found = EXAMPLE.search(text)
    if found is None:
        is_section = key.get("type") == "object" and "properties" in key
        if not is_section:
            yield "no example"
        return
    value = tomllib.loads(found[1])[name]
    schema = {**key, "definitions": definitions}
    for error in jsonschema.Draft7Validator(schema).iter_errors(value):
        yield f"example `{found[1]}`: {error.message}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    count = 0
    for path, name, key in keys(schema):
        count += 1
        for mistake in mistakes(name, key, schema["definitions"]):
            print(f"{path}: {mistake}")
    print(f"{count} keys")


if __name__ == "__main__":
    main()
