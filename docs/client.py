#!/usr/bin/python3
"""Asks a camera for one verification and prints the claims of its report. Written from CONTRACT.md alone.

Needs Debian's python3-paho-mqtt and python3-jwcrypto. Exit code: 0 for a report, 1 for a refusal, 2 for no answer.
"""
import argparse, base64, hashlib, json, queue, sys, time, uuid
import paho.mqtt.client as mqtt
from jwcrypto import jwe, jwk, jws

args = argparse.ArgumentParser(description=__doc__)
args.add_argument("host"), args.add_argument("port", type=int), args.add_argument("device")
args.add_argument("key", help="the carrier's private Ed25519 key, a JWK")
args.add_argument("photo", help="JPEG or PNG")
args.add_argument("--pin", help="thumbprint of the camera's signing key, as --pin=…, for it may begin with a dash; without it the broker is trusted")
args.add_argument("--tls", nargs=3, metavar=("CA", "CERT", "KEY"))
args.add_argument("--timeout-ms", type=int, default=10_000)
args.add_argument("--wait-ms", type=int, default=0, help="how long to wait while the camera is busy")
args = args.parse_args()
topic = lambda channel: f"matchlight/v1/{args.device}/{channel}"
received = queue.Queue()


def verified(token, typ, key):
    """The claims of a compact JWS. Raises unless algorithm, type and signature are right."""
    read = jws.JWS()
    read.allowed_algs = ["EdDSA"]
    read.deserialize(token)
    read.verify(key)
    if read.jose_header.get("typ") != typ:
        raise ValueError(f"a token of type {read.jose_header.get('typ')}")
    return json.loads(read.payload)


def answer_to(channel, seconds):
    """Messages of a channel, until the time is over."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            message = received.get(timeout=left)
        except queue.Empty:
            break
        if message.topic == topic(channel):
            yield message.payload.decode("ascii", "replace")
    sys.exit(print(f"no {channel} in time", file=sys.stderr) or 2)


client = mqtt.Client(client_id=f"carrier-{uuid.uuid4()}")
client.on_connect = lambda *_: client.subscribe([(topic("identity"), 1), (topic("report"), 1)])
client.on_message = lambda _client, _userdata, message: received.put(message)
if args.tls:
    client.tls_set(*args.tls)
client.connect(args.host, args.port)
client.loop_start()

identity = json.loads(next(answer_to("identity", 10)))
signing, sealing = jwk.JWK(**identity["signing"]), jwk.JWK(**identity["sealing"])
if args.pin:
    proof = verified(identity["proof"], "matchlight-identity+jwt", signing)
    if (signing.thumbprint(), sealing.thumbprint(), args.device) != (args.pin, proof["sealing"], proof["iss"]):
        sys.exit("the identity is not the pinned camera's")

key = jwk.JWK.from_json(open(args.key).read())
photo, now = open(args.photo, "rb").read(), int(time.time())
media_type = "image/png" if photo.startswith(b"\x89PNG") else "image/jpeg"
claims = {
    "v": 1, "type": "verify", "jti": str(uuid.uuid4()), "iss": "client.py", "aud": args.device, "iat": now, "exp": now + 300,
    "purpose": "trial", "consent": {"id": str(uuid.uuid4()), "at": now, "notice": "trial"},
    "reference": {"mediaType": media_type, "data": base64.b64encode(photo).decode()},
    "policy": {"timeoutMs": args.timeout_ms, "waitMs": args.wait_ms},
}
signed = jws.JWS(json.dumps(claims))
signed.add_signature(key, None, json.dumps({"alg": "EdDSA", "typ": "matchlight-request+jwt", "kid": key.thumbprint()}))
sealed = jwe.JWE(signed.serialize(compact=True), json.dumps({"alg": "ECDH-ES", "enc": "A256GCM", "cty": "JWT"}))
sealed.add_recipient(sealing)
request = sealed.serialize(compact=True)
digest = base64.urlsafe_b64encode(hashlib.sha256(request.encode()).digest()).rstrip(b"=").decode()
client.publish(topic("request"), request, qos=1)

for token in answer_to("report", (args.wait_ms + args.timeout_ms) / 1000 + 10):
    try:
        report = verified(token, "matchlight-report+jwt", signing)
        is_mine = (report["iss"], report["jti"]) == (args.device, claims["jti"])
    except (ValueError, jws.InvalidJWSSignature):
        try:
            report = verified(token, "matchlight-refusal+jwt", signing)
        except (ValueError, jws.InvalidJWSSignature):
            continue  # forged, or of a kind that is not known here
        is_mine = (report["iss"], report["digest"]) == (args.device, digest)
    if is_mine:
        print(json.dumps(report, indent=2))
        sys.exit(1 if "code" in report else 0)
