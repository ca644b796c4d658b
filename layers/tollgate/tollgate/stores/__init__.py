"""What remembers for us: DynamoDB, Secrets Manager."""
