"""The signatures of those who call: Meta signs the body, Stripe a time and the body."""

import hashlib
import hmac
import time

STRIPE_TOLERANCE_SECONDS = 300


def sign(secret, data):
    return hmac.new(secret.encode("utf-8"), data, hashlib.sha256).hexdigest()


def is_from_whatsapp(header, body, secret):
    """X-Hub-Signature-256: sha256=HEX"""
    return hmac.compare_digest(header.encode("latin-1"), b"sha256=" + sign(secret, body).encode())


def is_from_stripe(header, body, secret, now=None):
    """Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX...]"""
    parts = [part.partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name.strip() == "t"]
    given = [value.encode("latin-1") for name, _, value in parts if name.strip() == "v1"]
    if len(times) != 1 or not times[0].isdigit():
        return False
    if abs((time.time() if now is None else now) - int(times[0])) > STRIPE_TOLERANCE_SECONDS:
        return False
    expected = sign(secret, times[0].encode() + b"." + body).encode()
    return any(hmac.compare_digest(one, expected) for one in given)


def is_same(given, expected):
    return hmac.compare_digest(given.encode("latin-1"), expected.encode("utf-8"))
