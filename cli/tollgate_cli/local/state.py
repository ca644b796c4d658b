"""Tables, bucket, queues and secrets as the template has them, in any server that speaks AWS."""

import json
import secrets
import string
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from threading import Lock, Thread
from typing import Any, Final
from urllib import request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tollgate_cli.template import Template

REGION: Final = "us-east-1"
CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}

_SERVICES: Final = {
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::S3::Bucket": "s3",
    "AWS::SQS::Queue": "sqs",
    "AWS::SecretsManager::Secret": "secretsmanager",
}
_EXISTS: Final = {
    "BucketAlreadyOwnedByYou",
    "QueueAlreadyExists",
    "QueueNameExists",
    "ResourceExistsException",
    "ResourceInUseException",
}
_QUEUE_PROPERTIES: Final = ("MessageRetentionPeriod", "VisibilityTimeout")
_TABLE_PROPERTIES: Final = {"AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema"}


class MotoServer:
    """moto in a thread of this process. It has no locks of its own, so it is given one request at a time."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        # Both are slow to import, and not always needed.
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
        from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415

        class Quiet(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - the name that it has there
                pass

        _mend_arithmetic()
        app = DomainDispatcherApplication(create_backend_app)
        lock = Lock()

        def one_at_a_time(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            with lock:
                return list(app(environ, start_response))

        self.app = one_at_a_time
        """The same, without a socket."""
        self._server = make_server(host, 0, one_at_a_time, threaded=True, request_handler=Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://{host}:{self._server.port}"

    def reset(self) -> None:
        """Forget everything."""
        request.urlopen(request.Request(f"{self.url}/moto-api/reset", method="POST"), timeout=10).close()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def physical_name(logical_id: str) -> str:
    """What a resource is called outside AWS."""
    return f"tollgate-{logical_id.lower()}"


def resolve(value: Any, parameters: Mapping[str, str]) -> str:
    """An environment variable of the template as text."""
    match value:
        case {"Ref": name}:
            return parameters.get(name, physical_name(name))
        case _:
            return str(value)


def create_state(template: Template, endpoint: Callable[[str], str | None]) -> None:
    """Make everything that the template says, where it is not there yet.

    `endpoint` gives the address of a service, or None for one whose resources are not wanted.
    """
    for logical_id, resource in template.raw["Resources"].items():
        service = _SERVICES.get(resource["Type"])
        if service and (url := endpoint(service)):
            try:
                _create(_client(service, url), logical_id, resource["Type"], resource.get("Properties", {}))
            except ClientError as exc:
                if exc.response["Error"]["Code"] not in _EXISTS:
                    raise


def speaks(service: str, url: str) -> bool:
    """Whether a server answers for a service."""
    probes = {"dynamodb": "list_tables", "s3": "list_buckets", "sqs": "list_queues", "secretsmanager": "list_secrets"}
    try:
        getattr(_client(service, url, attempts=1), probes[service])()
    except (BotoCoreError, ClientError, ValueError):
        return False
    return True


def _mend_arithmetic() -> None:
    """Keep moto's sums readable for itself: it writes 10⁻¹² as `1E-12`, and takes that for a whole number later."""
    from moto.dynamodb.models import dynamo_type  # noqa: PLC0415 - slow, and seldom needed

    numbers: Any = dynamo_type.DynamoType

    def mended(operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def exact(left: Any, right: Any) -> Any:
            result = operation(left, right)
            result.value = format(Decimal(result.value), "f")
            return result

        return exact

    if not hasattr(numbers, "is_mended"):
        numbers.__add__ = mended(numbers.__add__)
        numbers.__sub__ = mended(numbers.__sub__)
        numbers.is_mended = True


def _create(client: Any, logical_id: str, kind: str, properties: Mapping[str, Any]) -> None:
    name = physical_name(logical_id)
    match kind:
        case "AWS::DynamoDB::Table":
            wanted = {key: value for key, value in properties.items() if key in _TABLE_PROPERTIES}
            client.create_table(TableName=name, **wanted)
        case "AWS::S3::Bucket":
            client.create_bucket(Bucket=name)
        case "AWS::SQS::Queue":
            client.create_queue(QueueName=name, Attributes=_queue_attributes(client, properties))
        case "AWS::SecretsManager::Secret":
            text = properties.get("SecretString")
            if text is None:
                length = properties["GenerateSecretString"]["PasswordLength"]
                text = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
            client.create_secret(Name=name, SecretString=text if isinstance(text, str) else json.dumps(text))


def _queue_attributes(client: Any, properties: Mapping[str, Any]) -> dict[str, str]:
    """What a queue is told of how long it keeps and hides messages, and where it puts those that nobody can take."""
    wanted = {key: str(properties[key]) for key in _QUEUE_PROPERTIES if key in properties}
    if redrive := properties.get("RedrivePolicy"):
        name = physical_name(redrive["deadLetterTargetArn"]["Fn::GetAtt"][0])
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        wanted["RedrivePolicy"] = json.dumps({**redrive, "deadLetterTargetArn": arn})
    return wanted


@cache
def _client(service: str, url: str, *, attempts: int = 3) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": attempts}, connect_timeout=2, read_timeout=10),
    )
