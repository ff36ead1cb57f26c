#!/usr/bin/python3
"""Verifies one customer through the carrier's gateway, by HTTP. Needs Debian's python3-jwcrypto.

Usage: pos.py <gateway> <token> <camera> <photo>. Prints progress, and at last the claims of the verified report.
Exit code: 0 for a report, 1 for anything else.
"""
import base64, json, sys, time, urllib.error, urllib.request, uuid
from jwcrypto import jwk, jws

gateway, token, camera, photo = sys.argv[1:5]


def ask(method, path, body=None, headers={}):
    request = urllib.request.Request(gateway.rstrip("/") + path, method=method, data=body)
    for name, value in {"Authorization": "Bearer " + token, **headers}.items():
        request.add_header(name, value)
    try:
        return urllib.request.urlopen(request, timeout=90)
    except urllib.error.HTTPError as problem:
        sys.exit(f"a problem: {problem.read().decode()}")


# 1. Ask. The same Idempotency-Key asks once, however often it is sent: send it again when the connection breaks.
consent = {"id": "c-17", "at": int(time.time()), "notice": "notice-1"}
with open(photo, "rb") as file:
    request = {"photo": base64.b64encode(file.read()).decode(), "purpose": "sim-registration", "consent": consent}
headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
place = ask("POST", f"/v1/cameras/{camera}/verifications", json.dumps(request).encode(), headers).headers["location"]

# 2. Show the customer what to do while the camera looks.
for line in ask("GET", place + "/events"):
    if line.startswith(b"data: "):
        print(line[6:].decode().strip())

# 3. Fetch the signed report, and keep it: it is the evidence.
answer = json.load(ask("GET", place + "?wait=30"))
if "report" not in answer:
    sys.exit(f"no report: {answer}")

# 4. Check it with the camera's own key. Only then is it the camera that says so.
keys = json.load(ask("GET", f"/v1/cameras/{camera}/keys"))["keys"]
report = jws.JWS()
report.allowed_algs = ["EdDSA"]
report.deserialize(answer["report"])
report.verify(jwk.JWK(**next(key for key in keys if key["kid"] == report.jose_header["kid"])))
claims = json.loads(report.payload)
if report.jose_header["typ"] != "matchlight-report+jwt" or claims["iss"] != camera:
    sys.exit("it is no report of this camera")
print(json.dumps(claims))
