"""`python -m kf_mcp` is `kf-mcp`."""

from kf_mcp.cli import main

if __name__ == "__main__":
    main()
