"""``python -m ava_imessage``: the versions, and how a client would be set up here. The key is not shown."""

from __future__ import annotations

import os
import platform
import sys

import ava_imessage


def main() -> int:
    """Prints them; 1 if no client can be set up."""
    print(f"ava_imessage {ava_imessage.__version__}")
    print(f"{platform.python_implementation()} {platform.python_version()} on {platform.platform()}")
    print(f"AVA_API_KEY  {'set (not shown)' if os.environ.get('AVA_API_KEY') else 'not set'}")
    print(f"AVA_BASE_URL {os.environ.get('AVA_BASE_URL') or 'not set'}")
    print(f"AVA_LOG      {os.environ.get('AVA_LOG') or 'not set'}")
    try:
        client = ava_imessage.AvaClient()
    except ava_imessage.AvaError as error:
        print(f"a client can't be made: {error}")
        return 1
    print(f"a client would talk to {client.base_url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
