"""A chat endpoint as it is usually written: a web framework, boto3, OpenAI's SDK, the whole answer in one piece."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from fastapi import FastAPI
from mangum import Mangum
from openai import OpenAI
from pydantic import BaseModel

logger = Logger(service="usual")
table = boto3.client("dynamodb")
client = OpenAI()
api = FastAPI()


class Chat(BaseModel):
    """A conversation."""

    model: str
    messages: list[dict[str, Any]]


@api.post("/v1/chat/completions")  # type: ignore[untyped-decorator]
def create_chat_completion(chat: Chat) -> dict[str, Any]:
    """Look the account up, ask OpenAI, answer."""
    table.update_item(
        TableName=os.environ["ACCOUNTS_TABLE"],
        Key={"account_id": {"S": "acct_1"}},
        UpdateExpression="SET calls = calls + :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    completion = client.chat.completions.create(model=chat.model, messages=chat.messages)  # type: ignore[arg-type]
    logger.info("answered")
    return completion.model_dump()


handler = Mangum(api, lifespan="off")
