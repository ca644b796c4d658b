"""A template as CloudFormation gets it: `translate.py TEMPLATE`, in the SAM CLI's environment.

Prints the translated template as JSON. Code is said to be in a bucket already, as after `sam package`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

CODE = "s3://tollgate-code/package.zip"


class NoManagedPolicies:
    """The template names no managed policies that would have to be looked up."""

    def load(self) -> dict[str, str]:
        """None."""
        return {}


def translated(text: str) -> dict[str, Any]:
    """The translation, with every parameter at its default."""
    template = yaml_parse(text)
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = CODE
    defaults = {name: parameter["Default"] for name, parameter in template["Parameters"].items()}
    answer: dict[str, Any] = transform(template, defaults, NoManagedPolicies())
    return answer


if __name__ == "__main__":
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    sys.stdout.write(json.dumps(translated(Path(sys.argv[1]).read_text(encoding="utf-8"))))
