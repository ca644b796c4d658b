"""What remembers for us, and what we look up elsewhere: DynamoDB, Secrets Manager, the public internet."""
