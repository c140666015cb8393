"""Reads what MTEB knows of the prompts of models; makes `mteb_prompts.json`.

Usage: `python -m tests.encode.mteb_prompts CHECKOUT COMMIT`, with a checkout of
github.com/embeddings-benchmark/mteb at that commit. Nothing of MTEB is run but its templates of instructions.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from explorer.encode.prompt_families import FAMILIES

FILE = Path(__file__).with_suffix(".json")
# What MTEB asks MS MARCO with: mteb/tasks/retrieval/eng/msmarco_retrieval.py.
WEB_SEARCH = "Given a web search query, retrieve relevant passages that answer the query"
PROMPT_TYPE = SimpleNamespace(
    query=SimpleNamespace(value="query"), document=SimpleNamespace(value="document")
)


def read(checkout: Path) -> dict[str, dict[str, Any]]:
    """What MTEB says of each model of our families, by Hub id; the ids alone are ours."""
    wanted = {model for family in FAMILIES for model in family.models}
    found = {}
    for path in sorted((checkout / "mteb/models/model_implementations").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("ModelMeta"):
                arguments = {keyword.arg: keyword.value for keyword in call.keywords}
                name = arguments["name"].value if isinstance(arguments.get("name"), ast.Constant) else None
                if name in wanted:
                    found[name] = {"file": path.name, **_prompts(tree, arguments)}
    return dict(sorted(found.items()))


def _prompts(tree: ast.Module, arguments: dict[str, ast.expr]) -> dict[str, Any]:
    values = _values(tree)
    loader = ast.unparse(arguments["loader"])
    given = _keywords(arguments["loader_kwargs"]) if "loader_kwargs" in arguments else {}
    own = _definition(tree, loader)
    prompts: dict[str, str] = {}
    if "model_prompts" in given:
        prompts = eval(ast.unparse(given["model_prompts"]), dict(values))
    if loader == "JinaWrapper":  # its prompts are names of adapters, each with a text of its own
        texts = next(
            ast.literal_eval(node.value)
            for node in own.body
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "jina_task_to_prompt"
        )
        prompts = {role: texts[prompts[f"Retrieval-{role}"]] for role in ("query", "document")}
    elif loader == "JinaV5TextWrapper":
        choice = next(
            node
            for node in ast.walk(own)
            if isinstance(node, ast.IfExp) and "Query" in ast.unparse(node.body)
        )
        prompts = {"query": ast.literal_eval(choice.body), "document": ast.literal_eval(choice.orelse)}
    template = given.get("instruction_template") or next(
        (
            keyword.value
            for node in (ast.walk(own) if own else ())
            if isinstance(node, ast.Call)
            for keyword in node.keywords
            if keyword.arg == "instruction_template"
        ),
        None,
    )
    if template is not None:
        filled = eval(ast.unparse(template), dict(values))
        prompts = {
            "query": filled.format(instruction=WEB_SEARCH)
            if isinstance(filled, str)
            else filled(WEB_SEARCH, PROMPT_TYPE.query),
            "document": "",
        }
    instructions = arguments.get("use_instructions")
    return {
        "use_instructions": None if instructions is None else ast.literal_eval(instructions),
        "prompts": {
            name.lower(): text.removesuffix("{text}")
            for name, text in prompts.items()
            if name in ("query", "document", "Clustering")
        },
    }


def _values(tree: ast.Module) -> dict[str, Any]:
    """Texts, tables and templates of a module; what needs anything else of MTEB is left out."""
    values: dict[str, Any] = {"PromptType": PROMPT_TYPE, "isinstance": isinstance, "dict": dict}
    for node in tree.body:
        if isinstance(node, ast.Assign) or (
            isinstance(node, ast.FunctionDef) and node.name == "instruction_template"
        ):
            if isinstance(node, ast.FunctionDef):
                node.args = ast.parse("lambda instruction, prompt_type=None: 0").body[0].value.args
                node.returns = None
            try:
                exec(compile(ast.Module([node], []), "mteb", "exec"), values)
            except NameError:
                continue
    return values


def _keywords(table: ast.expr) -> dict[str, ast.expr]:
    if isinstance(table, ast.Dict):
        return {key.value: value for key, value in zip(table.keys, table.values, strict=True)}
    return {keyword.arg: keyword.value for keyword in table.keywords}


def _definition(tree: ast.Module, name: str) -> ast.ClassDef | ast.FunctionDef | None:
    kinds = (ast.ClassDef, ast.FunctionDef)
    return next((node for node in tree.body if isinstance(node, kinds) and node.name == name), None)


if __name__ == "__main__":
    text = json.dumps(
        {"commit": sys.argv[2], "models": read(Path(sys.argv[1]))}, ensure_ascii=False, indent=1
    )
    FILE.write_text(text + "\n", encoding="utf-8")
