#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Logging in with tokens that other implementations sign (PyJWT, jwcrypto)."""

import json
import time
import unittest

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jwt import JWT

from harness.backend import answer
from harness.case import HOST, EndToEndTest
from harness.client import LoginFailed

SECRET = "0123456789abcdef" * 4
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


def make_key(algorithm):
    if algorithm.startswith("RS"):
        return rsa.generate_private_key(65537, 2048)
    if algorithm.startswith("ES"):
        return ec.generate_private_key(CURVES[algorithm]())
    return ed25519.Ed25519PrivateKey.generate()


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def claims_of(user, seconds=3600, **more):
    return {"jid": f"{user}@{HOST}", "exp": int(time.time()) + seconds, **more}


def jwks(*keys):
    keys_out = JWKSet()
    for key in keys:
        keys_out.add(key)
    return answer(keys_out.export(private_keys=False))


def sign(key, user, **more):
    """By jwcrypto, with the key's id."""
    header = {"alg": "ES256", "kid": key["kid"]}
    token = JWT(header=header, claims=claims_of(user, **more))
    token.make_signed_token(key)
    return token.serialize()


def new_key(kid):
    return JWK.generate(kty="EC", crv="P-256", kid=kid, use="sig")


class JwtTest(EndToEndTest):
    async def start_with(self, **options):
        back_end = await self.start_back_end()
        back_end.answers = {"/contacts/romeo": answer("{}"), "/contacts/juliet": answer("{}"),
                            **options.pop("answers", {})}  # fmt: skip
        url = f"http://127.0.0.1:{back_end.port}"
        options = {name: value.replace("URL", url) if isinstance(value, str) else value
                   for name, value in options.items()}  # fmt: skip
        options |= {"login_failures_per_address": 0, "login_failures_per_account": 0}
        self.make_daemon(http_roster_url=url + "/contacts/%s", auth="jwt", **options)
        await self.start_daemon()

    async def start_with_file(self, name, content, **options):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        option = "jwt_secret_file" if name == "secret" else "jwt_key_file"
        await self.start_with(**{option: path}, **options)

    async def refusal(self, user, token):
        """The condition of a login that fails."""
        client = self.make_client(user, password=token)
        conditions = []
        client.add_event_handler("failed_auth", lambda f: conditions.append(f["condition"]))
        with self.assertRaises(LoginFailed):
            await client.log_in()
        return conditions[0]

    async def test_token_signed_by_each_algorithm_is_a_password(self):
        for algorithm in ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA"):
            with self.subTest(algorithm):
                key = make_key(algorithm)
                of_key = {"jwt_algorithm": algorithm} if algorithm.startswith("RS") else {}
                await self.start_with_file("key.pem", public_pem(key), **of_key)
                token = jwt.encode(claims_of("romeo"), key, algorithm=algorithm)
                romeo = await self.log_in("romeo", password=token)
                self.assertEqual(romeo["feature_mechanisms"].mech.name, "PLAIN")
                self.assertEqual(await self.refusal("juliet", token), "not-authorized")
                await romeo.close()
                await self.daemon.stop()

    async def test_token_signed_with_a_secret_is_a_password(self):
        for algorithm in ("HS256", "HS384", "HS512"):
            with self.subTest(algorithm):
                await self.start_with_file("secret", SECRET + "\n", jwt_algorithm=algorithm)
                token = jwt.encode(claims_of("romeo"), SECRET, algorithm=algorithm)
                await (await self.log_in("romeo", password=token)).close()
                await self.daemon.stop()

    async def show(self, token, user=""):
        """By OAUTHBEARER. What came of it."""
        raw = await self.open_raw_xmpp(tls=True)
        self.assertIn("<mechanism>OAUTHBEARER</mechanism>", await raw.features())
        return await raw.show_token(token, user)

    async def test_oauthbearer_takes_a_token_with_and_without_the_name_of_its_user(self):
        await self.start_with_file("secret", SECRET, jwt_algorithm="HS256")
        token = jwt.encode(claims_of("romeo"), SECRET, algorithm="HS256")
        for user in (f"romeo@{HOST}", ""):
            self.assertIn("<success", await self.show(token, user))
        self.assertIn("<not-authorized/>", await self.show(token, f"juliet@{HOST}"))
        late = jwt.encode(claims_of("romeo", seconds=-60), SECRET, algorithm="HS256")
        other = jwt.encode(claims_of("romeo"), SECRET[::-1], algorithm="HS256")
        for wrong in (late, other, "t0k3n"):
            self.assertIn("<not-authorized/>", await self.show(wrong, f"romeo@{HOST}"))

    async def test_nothing_that_only_looks_like_a_token_lets_anybody_in(self):
        key = make_key("RS256")
        pem = public_pem(key)
        await self.start_with_file("key.pem", pem, jwt_audience="chat", jwt_issuer="app")
        good = claims_of("romeo", aud=["chat"], iss="app")
        by_public_key = jwt.api_jws.PyJWS()
        by_public_key._algorithms["HS256"].prepare_key = lambda secret: secret
        token = jwt.encode(good, key, algorithm="RS256")
        wrong = {
            "another key": jwt.encode(good, make_key("RS256"), algorithm="RS256"),
            "unsigned": jwt.encode(good, None, algorithm="none"),
            "the public key as secret": by_public_key.encode(
                json.dumps(good).encode(), pem, algorithm="HS256"),
            "another algorithm": jwt.encode(good, key, algorithm="RS512"),
            "expired": jwt.encode({**good, "exp": int(time.time()) - 60}, key, algorithm="RS256"),
            "no end": jwt.encode({"jid": good["jid"], "aud": "chat", "iss": "app"}, key,
                                 algorithm="RS256"),
            "not yet": jwt.encode({**good, "nbf": int(time.time()) + 90}, key, algorithm="RS256"),
            "another audience": jwt.encode({**good, "aud": "mail"}, key, algorithm="RS256"),
            "another issuer": jwt.encode({**good, "iss": "ann"}, key, algorithm="RS256"),
            "another host": jwt.encode({**good, "jid": "romeo@other"}, key, algorithm="RS256"),
            "cut": token[:-1],
            "padded": token + "=",
            "no token": "secret",
        }  # fmt: skip
        for what, password in wrong.items():
            with self.subTest(what):
                self.assertEqual(await self.refusal("romeo", password), "not-authorized")
        await self.log_in("romeo", password=token)
        for password in [token, *wrong.values()]:
            self.assertIsNone(self.daemon.log.find(lambda line, p=password: p in line))

    async def test_web_application_may_change_its_keys(self):
        old, new = new_key("2026-01"), new_key("2026-02")
        await self.start_with(jwt_jwks_url="URL/jwks", answers={"/jwks": jwks(old)})
        await self.back_end.asked("/jwks")
        await (await self.log_in("romeo", password=sign(old, "romeo"))).close()
        self.back_end.answers["/jwks"] = jwks(old, new)
        await (await self.log_in("romeo", password=sign(new, "romeo"))).close()
        await self.back_end.asked("/jwks", times=2)
        await (await self.log_in("romeo", password=sign(old, "romeo"))).close()

    async def test_keys_that_cannot_be_fetched_are_no_wrong_password(self):
        key = new_key("k")
        await self.start_with(jwt_jwks_url="URL/jwks", answers={"/jwks": answer("", "500 Oh")})
        condition = await self.refusal("romeo", sign(key, "romeo"))
        self.assertEqual(condition, "temporary-auth-failure")
        self.back_end.answers["/jwks"] = jwks(key)
        await self.daemon.log.wait(lambda line: "keys for tokens fetched" in line, "the keys")
        await self.log_in("romeo", password=sign(key, "romeo"))

    async def test_reload_reads_the_key_file_again(self):
        old, new = make_key("EdDSA"), make_key("EdDSA")
        await self.start_with_file("key.pem", public_pem(old))
        token = jwt.encode(claims_of("romeo"), new, algorithm="EdDSA")
        self.assertEqual(await self.refusal("romeo", token), "not-authorized")
        (self.folder / "key.pem").write_bytes(public_pem(new))
        await self.daemon.reload()
        await self.daemon.log.wait(lambda line: "reloaded" in line, "the reload")
        await self.log_in("romeo", password=token)

    async def test_session_ends_with_its_token_where_that_is_wanted(self):
        options = {"jwt_session_expiry": True, "jwt_leeway": "0s", "jwt_username_field": "sub"}
        await self.start_with_file("secret", SECRET, **options)
        claims = {"sub": "romeo", "exp": int(time.time()) + 3}
        token = jwt.encode(claims, SECRET, algorithm="HS256")
        romeo = await self.log_in("romeo", password=token)
        await romeo.sees("stream error", condition="not-authorized")

    async def test_key_file_that_is_none_is_a_fault_of_the_configuration(self):
        for content, cause in {
            b"-----BEGIN PRIVATE KEY-----\n": "a private key",
            b"{}": "no key that can be used",
            b"": "there is nothing",
        }.items():
            (self.folder / "key.pem").write_bytes(content)
            self.make_daemon(auth="jwt", jwt_key_file="key.pem")
            self.daemon.write_config()
            status, _, err = await self.daemon.run("-t", "-c", self.daemon.config_file)
            self.assertEqual(status, 2)
            self.assertIn(f"host {HOST}", err)
            self.assertIn(cause, err)


if __name__ == "__main__":
    unittest.main()
