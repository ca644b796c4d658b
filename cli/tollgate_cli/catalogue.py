"""The catalogue's build step: prices of genai-prices and the facts of `catalogue.toml` become `models.json`.

`python -m tollgate_cli.catalogue` tells what is offered, what is not and why, and what will change; `--write` writes
the file. After an upgrade of genai-prices, set `prices_on` to the day and run it.
"""

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click
from genai_prices import data
from genai_prices.types import ModelInfo
from genai_prices.types import Provider as Seller

from tollgate.providers.parameters import DEFAULT_FLAGS, Dialect
from tollgate.providers.registry import PROVIDERS
from tollgate_cli.prices import Unpriced, changes_after, is_free, pricing
from tollgate_cli.template import ROOT

FACTS: Final = Path(__file__).with_name("catalogue.toml")
MODELS: Final = ROOT / "layers/tollgate/tollgate/catalogue/models.json"

_FREE: Final = {"input": 0, "output": 0}
_UNIT: Final = {"unit": "token", "per": 1_000_000, "currency": "USD"}

# Fields of an entry, in their order.
_FIELDS: Final = (
    "id",
    "name",
    "description",
    "provider",
    "upstream_model",
    "type",
    "created",
    "owned_by",
    "context_length",
    "max_output_tokens",
    "dimensions",
    "dimensions_min",
    "truncatable",
    "input_modalities",
    "output_modalities",
    "sizes",
    "supported_parameters",
    "pricing",
    "audio_formats",
    "transcript_formats",
    "voices",
)
# Facts that decide about an entry and do not stand in it.
_ABOUT_THE_ENTRY: Final = frozenset({"ends", "free", "lacks", "released", "training", "upstream"})
_OF_A_GROUP: Final = frozenset({"id", "like", "limits_like", "names"})
_OF_A_PROVIDER: Final = frozenset(
    {"about", "defaults", "left_out", "models", "pages", "prices", "rest", "service_tiers"}
)
_LIMITS: Final = frozenset(
    {
        "context_length",
        "input_modalities",
        "max_output_tokens",
        "name",
        "output_modalities",
        "released",
        "tokens_per_image",
        "type",
    }
)
_NOT_INHERITED: Final = frozenset({"ends", "free", "pricing", "training", "tuning_model", "upstream"})
# Flags that are none of `DEFAULT_FLAGS`; catalogue.toml explains those of ours.
_OTHER_FLAGS: Final = frozenset(
    {
        "api_version",
        "budget_min",
        "budget_off",
        "deployment",
        "dimensions",
        "effort_field",
        "image_fetch",
        "json_with_tools",
        "sends",
        "stream_tools",
        "tokens_for_tools",
        "tools_effort",
        "tuning_model",
    }
)
# What every chat model takes, since the router does it: renames the cap, asks again for another choice.
_ALWAYS_TAKEN: Final = frozenset({"max_completion_tokens", "max_tokens", "n"})
# Tuning parameters for which a model has a flag; the others depend on the provider alone.
_FLAGGED: Final = frozenset(
    {"frequency_penalty", "parallel_tool_calls", "presence_penalty", "reasoning_effort", "temperature", "top_p"}
)


class BadFacts(Exception):
    """catalogue.toml contradicts itself or the data; the message names the place."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model that could be offered and is not."""

    provider: str
    name: str
    reason: str
    is_named: bool = False
    """Whether it stands in a list of `catalogue.toml`, so that somebody wanted it."""


@dataclass(frozen=True, slots=True)
class Coming:
    """What will happen to a model that is offered."""

    day: date
    model: str
    what: str


@dataclass(slots=True)
class Built:
    """The catalogue, and what there is to say about it."""

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)


def build() -> str:
    """The text of models.json: one model a line, by id."""
    return to_text(collect().entries.values())


def to_text(entries: Iterable[Mapping[str, Any]]) -> str:
    """Entries as the catalogue reads them."""
    lines = [
        json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        for entry in sorted(entries, key=lambda entry: str(entry["id"]))
    ]
    return '{"models":[\n' + ",\n".join(lines) + "\n]}\n"


def collect(facts: Mapping[str, Any] | None = None) -> Built:
    """Every model of the facts, which are those of catalogue.toml unless others are given, with its price.

    Raises BadFacts.
    """
    facts = facts if facts is not None else tomllib.loads(FACTS.read_text(encoding="utf-8"))
    sellers = {seller.id: seller for seller in data.providers}
    models = _models(facts)
    built = Built()
    for provider, table in _providers(facts):
        _Shelf(provider, table, sellers.get(table.get("prices", "")), facts, built).fill(models)
    return built


def summary(built: Built) -> str:
    """What is offered, what is left out and why, and what will change, for people."""
    lines = [f"{len(built.entries)} models, {len(to_text(built.entries.values()).encode()) / 1000:.0f} kB", ""]
    kinds = Counter((entry["provider"], entry["type"]) for entry in built.entries.values())
    lines += [f"  {provider:<12}{kind:<15}{count:>4}" for (provider, kind), count in sorted(kinds.items())]
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in built.left_out:
        reasons[each.provider, each.reason].append(each.name)
    lines += ["", "Left out:"]
    for (provider, reason), names in sorted(reasons.items()):
        shown = ", ".join(sorted(names)[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        lines.append(f"  {provider}: {reason}: {shown}")
    lines += ["", "Coming:"]
    lines += [
        f"  {each.day}  {each.model}: {each.what}"
        for each in sorted(built.coming, key=lambda each: (each.day, each.model))
    ]
    return "\n".join(lines)


class _Shelf:
    """The models of one provider."""

    def __init__(
        self, provider: str, table: Mapping[str, Any], seller: Seller | None, facts: Mapping[str, Any], built: Built
    ) -> None:
        self._provider = provider
        self._table = table
        self._seller = seller
        self._day: date = facts["prices_on"]
        self._released: date = facts["released"]
        self._built = built
        self._dialect = dialect_of(provider)
        self._sold: set[str] = set()
        if table.get("prices") and seller is None:
            raise BadFacts(f"{provider}: genai-prices knows no '{table['prices']}'")

    def fill(self, models: Mapping[str, Mapping[str, Any]]) -> None:
        """Add what is offered to the catalogue, and what is not to the list of what is left out."""
        for name, model_id in _names(self._provider, self._table):
            facts = models[model_id]
            upstream = facts.get("upstream", "{name}").format(name=name)
            sold = self._seller.find_model(upstream, all_providers=data.providers) if self._seller else None
            if sold:
                self._sold.add(sold.id)
            if (ends := facts.get("ends")) and ends <= self._day:
                self._leave_out(name, f"shut down on {ends}", is_named=True)
                continue
            try:
                price = self._pricing(model_id, facts, sold)
            except Unpriced as exc:
                self._leave_out(name, str(exc), is_named=True)
                continue
            if "training" in facts:
                price = {**price, "training": facts["training"]}
            if ends:
                self._built.coming.append(Coming(ends, model_id, "shut down"))
            if sold and "pricing" not in facts:
                self._built.coming += [Coming(day, model_id, "another price") for day in changes_after(sold, self._day)]
            title = facts.get("name", (sold.name if sold else None) or "{name}").format(name=_words(name))
            window = facts.get("context_length") or (sold.context_window if sold else None)
            self._built.entries[model_id] = self._entry(
                {**facts, "id": model_id, "name": title, "upstream_model": upstream, "context_length": window},
                price,
            )
        for model in self._seller.models if self._seller else ():
            if model.id not in self._sold:
                self._leave_out(model.id, self._reason(model.id))

    def _leave_out(self, name: str, reason: str, *, is_named: bool = False) -> None:
        self._built.left_out.append(LeftOut(self._provider, name, reason, is_named))

    def _entry(self, facts: Mapping[str, Any], price: Mapping[str, Any]) -> dict[str, Any]:
        kind = facts.get("type", "chat")
        entry = {
            **facts,
            "provider": self._provider,
            "type": kind,
            "created": int(datetime.combine(facts.get("released", self._released), time(), UTC).timestamp()),
            "max_output_tokens": facts.get("max_output_tokens") if kind != "embedding" else None,
            "pricing": price,
        }
        if kind == "chat":
            entry["supported_parameters"] = sorted(self._parameters(facts) - set(facts.get("lacks", ())))
        return self._without_defaults(entry)

    def _pricing(self, model_id: str, facts: Mapping[str, Any], sold: ModelInfo | None) -> dict[str, Any]:
        if "pricing" in facts:
            return {**_UNIT, **facts["pricing"]}
        if sold is None:
            raise Unpriced("genai-prices does not know it")
        if facts.get("free"):
            if not is_free(sold, on=self._day):
                raise BadFacts(f"{model_id}: said to be free, and has a price")
            return {**_UNIT, **_FREE}
        # The tiers of another seller's model are that seller's.
        is_own = self._seller is not None and any(sold is model for model in self._seller.models)
        return pricing(
            sold,
            facts.get("type", "chat"),
            on=self._day,
            with_tiers=is_own and self._table.get("service_tiers", False),
        )

    def _parameters(self, facts: Mapping[str, Any]) -> set[str]:
        """The fields of a request, by OpenAI's names, that the flags of a model let through."""
        flags = {**DEFAULT_FLAGS, **self._dialect.flags, **facts}
        takes = self._dialect.takes
        asked = {
            "temperature": flags["sampling"] != "none" and "temperature" in takes,
            "reasoning_effort": flags["effort_levels"] and "reasoning_effort" in takes,
            "stop": flags["stop_max"] > 0,
            "tools": flags["tools"],
            "tool_choice": flags["tools"] and flags["tool_choice"],
            "parallel_tool_calls": flags["tools"] and flags["parallel_tools"] and "parallel_tool_calls" in takes,
            "response_format": flags["json"] != "none",
            "logprobs": flags["logprobs"],
            "top_logprobs": flags["logprobs"],
            "web_search_options": flags["web_search"],
            "modalities": "audio" in flags.get("output_modalities", ()),
            "audio": "audio" in flags.get("output_modalities", ()),
        }
        asked["top_p"] = flags["sampling"] in {"full", "no_penalties"} and "top_p" in takes
        for name in ("presence_penalty", "frequency_penalty"):
            asked[name] = flags["sampling"] == "full" and name in takes
        return {*_ALWAYS_TAKEN, *(takes - _FLAGGED), *(name for name, is_taken in asked.items() if is_taken)}

    def _without_defaults(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The entry without what is the same in its absence, fields first."""
        absent = {
            "upstream_model": entry["id"].partition("/")[2],
            "owned_by": self._provider,
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "context_length": None,
            "max_output_tokens": None,
        }
        fields = {
            name: entry[name]
            for name in _FIELDS
            if name in entry and (name not in absent or entry[name] != absent[name])
        }
        if entry["type"] != "chat":
            return fields
        usual = {**DEFAULT_FLAGS, **self._dialect.flags}
        flags = {
            name: value
            for name, value in sorted(entry.items())
            if name not in _FIELDS and name not in _ABOUT_THE_ENTRY and not _is_same(value, usual.get(name))
        }
        return {**fields, **flags}

    def _reason(self, name: str) -> str:
        for reason, patterns in self._table.get("left_out", {}).items():
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return str(reason)
        return str(self._table.get("rest", "not named in catalogue.toml"))


def _providers(facts: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for provider, table in facts.items():
        if isinstance(table, Mapping):
            _check(provider, table, _OF_A_PROVIDER)
            yield provider, table


def _names(provider: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of a provider's models, and their ids."""
    for group in table["models"]:
        template = group.get("id", f"{provider}/{{name}}")
        yield from ((name, template.format(name=name)) for name in group["names"])


def _models(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is known of each model, by id: the facts of its provider, its group and itself, one over the other."""
    known: dict[str, dict[str, Any]] = {}
    allowed = {*_FIELDS, *DEFAULT_FLAGS, *_ABOUT_THE_ENTRY, *_OTHER_FLAGS}
    for provider, table in _providers(facts):
        about = dict(table.get("about", {}))
        defaults = table.get("defaults", {})
        _check(f"{provider}.defaults", defaults, allowed)
        for group in table["models"]:
            _check(f"{provider}: {group['names'][0]}", group, allowed | _OF_A_GROUP)
            template = group.get("id", f"{provider}/{{name}}")
            for name in group["names"]:
                model_id = template.format(name=name)
                if model_id in known:
                    raise BadFacts(f"{model_id}: named twice")
                own = about.pop(name, {})
                _check(f"{provider}.about.{name}", own, allowed)
                liked = _liked(model_id, name, group, known)
                shared = {key: value for key, value in group.items() if key not in _OF_A_GROUP}
                layers = (liked, defaults, shared, own)
                lacks = {name for layer in layers for name in layer.get("lacks", ())}
                known[model_id] = {**liked, **defaults, **shared, **own, "lacks": sorted(lacks)}
        if about:
            raise BadFacts(f"{provider}.about: {', '.join(sorted(about))}: in no list")
    return known


def _liked(
    model_id: str, name: str, group: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    for key in ("like", "limits_like"):
        if key in group:
            liked = group[key].format(name=name)
            if liked not in known:
                raise BadFacts(f"{model_id}: {key}: no '{liked}' before it")
            return {
                fact: value
                for fact, value in known[liked].items()
                if fact not in _NOT_INHERITED and (key == "like" or fact in _LIMITS)
            }
    return {}


def _check(place: str, table: Mapping[str, Any], allowed: Iterable[str]) -> None:
    if unknown := table.keys() - set(allowed):
        raise BadFacts(f"{place}: unknown: {', '.join(sorted(unknown))}")


def dialect_of(provider: str) -> Dialect:
    """What the provider's adapter takes and assumes; a provider that has none yet is taken for an ordinary one."""
    row = PROVIDERS.get(provider)
    if row is None or "chat" not in row.can:
        return Dialect()
    module, _, name = row.can["chat"].partition(":")
    adapter = getattr(import_module(f"tollgate.providers.{module}"), name)
    dialect = adapter.dialect_of(row) if hasattr(adapter, "dialect_of") else adapter.dialect
    return dialect if isinstance(dialect, Dialect) else Dialect()


def _is_same(value: Any, usual: Any) -> bool:
    return list(value) == list(usual or ()) if isinstance(value, list) else bool(value == usual)


def _words(name: str) -> str:
    """A name of a model as people write it: `qwen3-coder:30b` is `qwen3 coder 30B`."""
    words = re.split(r"[-:]", name.rpartition("/")[2])
    return " ".join(word.upper() if re.fullmatch(r"[\d.]+b", word) else word for word in words)


@click.command(help=__doc__)
@click.option("--write", "is_written", is_flag=True, help="Write models.json.")
def main(*, is_written: bool) -> None:
    """Tell about the catalogue, and write it if that is wanted."""
    built = collect()
    print(summary(built))
    if is_written:
        MODELS.write_text(to_text(built.entries.values()), encoding="utf-8")


if __name__ == "__main__":
    main()
