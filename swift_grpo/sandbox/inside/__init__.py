"""What runs inside a sandbox: `main` starts a process for each case. Only the standard library; sent as bytecode."""
