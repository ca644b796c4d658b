"""Models by the names that AI Puffer's clients have for them: a provider, and the provider's own name of a model."""

from collections.abc import Iterator

from tollgate.contracts.aipuffer.providers import VENDORS, Vendor
from tollgate.contracts.catalogue import Model
from tollgate.resources import Resources
from tollgate.services.aipuffer.refusals import invalid_param


def vendor_of(name: str, resources: Resources, *, param: str = "provider") -> Vendor:
    """The provider of that name, as far as the deployment offers it.

    Raises InvalidParams.
    """
    vendor = VENDORS[name]
    if not _is_offered(vendor, resources):
        offered = ", ".join(one for one, known in VENDORS.items() if _is_offered(known, resources))
        raise invalid_param(param, f"{param} is not one of {offered}.", code="rest_not_in_enum")
    return vendor


def find_named(vendor: Vendor, name: str, kind: str, resources: Resources) -> Model | None:
    """The model that a provider calls so, one of that kind before others; None where the catalogue has none.

    The gateway's own id of a model, such as `openai/gpt-4o`, is understood too, and so is a deployment of Azure's.
    """
    found = [model for model in resources.catalogue.of_provider(vendor.provider) if name in _names_of(model)]
    return min(found, key=lambda model: (model.type != kind, model.id.partition("/")[2] != name), default=None)


def first_of(vendor: Vendor, kind: str, resources: Resources) -> Model | None:
    """The newest model of a provider for that kind of request; None where it has none."""
    models = [model for model in resources.catalogue.of_provider(vendor.provider) if model.type == kind]
    return min(models, key=lambda model: (-model.created, model.id), default=None)


def vendors(resources: Resources) -> Iterator[tuple[str, Vendor]]:
    """All providers on offer, by name."""
    return ((name, vendor) for name, vendor in VENDORS.items() if _is_offered(vendor, resources))


def _names_of(model: Model) -> set[object]:
    return {model.id, model.id.partition("/")[2], model.upstream_model, model.flags.get("deployment")}


def _is_offered(vendor: Vendor, resources: Resources) -> bool:
    return resources.settings.is_sandbox_on or resources.providers[vendor.provider].is_elsewhere
