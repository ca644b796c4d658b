"""The command `tollgate`: the gateway on a laptop, and an operator's work on a deployed one."""
