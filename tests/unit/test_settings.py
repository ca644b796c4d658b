"""What the environment holds."""

from typing import Any

import pytest

from tollgate.settings import Settings


def test_an_empty_environment_has_safe_defaults() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert (settings.is_sandbox_on, settings.is_listing_gated) == (False, True)


@pytest.mark.parametrize(
    ("variable", "value", "field", "expected"),
    [
        ("AWS_REGION", "eu-central-1", "region", "eu-central-1"),
        ("AWS_DEFAULT_REGION", "eu-central-1", "region", "eu-central-1"),
        ("AWS_REGION", "", "region", "us-east-1"),
        ("ACCOUNTS_TABLE", "accounts", "accounts_table", "accounts"),
        ("PEPPER_SECRET", "pepper", "pepper_secret", "pepper"),
        ("SANDBOX", "on", "is_sandbox_on", True),
        ("SANDBOX", " True ", "is_sandbox_on", True),
        ("SANDBOX", "off", "is_sandbox_on", False),
        ("SANDBOX", "", "is_sandbox_on", False),
        ("GATE_MODEL_LISTING", "off", "is_listing_gated", False),
        (
            "CORS_ORIGINS",
            "https://a.example, https://b.example,",
            "cors_origins",
            ("https://a.example", "https://b.example"),
        ),
        ("CORS_ORIGINS", "", "cors_origins", ()),
        ("MODEL_NAMESPACE", "", "model_namespace", ""),
        ("TOLLGATE_CATALOGUE", "", "catalogue_path", None),
        ("TOLLGATE_CATALOGUE", "models.json", "catalogue_path", "models.json"),
        ("TOLLGATE_PROVIDERS", "", "providers_path", None),
        ("TOLLGATE_PROVIDERS", "providers.json", "providers_path", "providers.json"),
    ],
)
def test_a_variable_sets_its_field(variable: str, value: str, field: str, expected: Any) -> None:
    assert getattr(Settings.from_environment({variable: value}), field) == expected


def test_a_service_of_aws_can_be_elsewhere_alone_or_with_all_others() -> None:
    settings = Settings.from_environment({"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_DYNAMODB": "http://one"})

    assert settings.endpoint_of("dynamodb") == "http://one"
    assert settings.endpoint_of("secrets_manager") == "http://all"
    assert Settings().endpoint_of("dynamodb") is None


def test_settings_can_be_printed_without_telling_a_secret() -> None:
    settings = Settings.from_environment({"OPENAI_API_KEY": "sk-secret"})

    assert "sk-secret" not in repr(settings)
