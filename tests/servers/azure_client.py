#!/usr/bin/env python3
"""A client for Azurite: creates a container, or lists the names of its blobs.

    azure_client.py create|list PORT KEY CONTAINER
"""

import base64
import email.utils
import hashlib
import hmac
import re
import sys
import urllib.request

ACCOUNT = "devstoreaccount1"
VERSION = "2021-08-06"


def request(method, port, key, container, parameters):
    """A request signed with the account's key: Authorize with Shared Key, 2015-02-21 or later."""
    date = email.utils.formatdate(usegmt=True)
    # The path contains the account name twice: the emulator uses it as the first folder, too.
    resource = f"/{ACCOUNT}/{ACCOUNT}/{container}" + "".join(f"\n{k}:{v}" for k, v in sorted(parameters.items()))
    to_sign = f"{method}" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:{VERSION}\n{resource}"
    digest = hmac.new(base64.b64decode(key), to_sign.encode(), hashlib.sha256).digest()
    query = "&".join(f"{k}={v}" for k, v in parameters.items())
    url = f"http://127.0.0.1:{port}/{ACCOUNT}/{container}?{query}"
    authorization = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    headers = {"x-ms-date": date, "x-ms-version": VERSION, "Authorization": authorization}
    with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers)) as answer:
        return answer.read().decode()


def main():
    action, port, key, container = sys.argv[1:]
    if action == "create":
        request("PUT", port, key, container, {"restype": "container"})
    else:
        listing = request("GET", port, key, container, {"comp": "list", "restype": "container"})
        print("\n".join(re.findall("<Name>(.*?)</Name>", listing)))


main()
