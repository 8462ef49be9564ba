import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { signClaims, verifiedClaims } from "../../src/accounts/signatures.ts";

const now = new Date("2024-03-01T12:00:00Z");
const later = new Date("2024-03-01T13:00:00Z");

test("a token is read with any of the secrets, until it expires, and with none that it was not signed with", () => {
  const token = signClaims({ jti: "one" }, "a secret of some length", now, later);
  expect(verifiedClaims(token, ["another secret", "a secret of some length"], now)).toMatchObject({
    jti: "one",
  });
  expect(verifiedClaims(token, ["another secret"], now)).toBeNull();
  expect(verifiedClaims(token, ["a secret of some length"], later)).toBeNull();
});

test("a secret that is empty reads nothing: everybody could sign with it", () => {
  const parts = [
    { alg: "HS256", typ: "JWT" },
    { jti: "one", exp: later.getTime() / 1000 },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  const signature = createHmac("sha256", "").update(parts.join(".")).digest("base64url");
  expect(verifiedClaims([...parts, signature].join("."), [""], now)).toBeNull();
});
