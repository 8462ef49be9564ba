import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  addPasskey,
  challengeToMake,
  commandLine,
  createAccount,
  findPerson,
  PasskeyRefusedError,
  startSession,
} from "../../src/accounts/index.ts";
import { createTestDatabase } from "../support/database.ts";

const { pool } = await createTestDatabase();
const context = { pool, clock: () => new Date(), jwtSecret: "x".repeat(32) };
const party = { id: "localhost", origin: "http://localhost" };

/** What an authenticator answers that names its passkey by an id of so many bytes; without attestation nothing is signed. */
function madeBy(challenge: string, idBytes: number): string {
  const { x, y } = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  const id = randomBytes(idBytes);
  const idLength = Buffer.alloc(2);
  idLength.writeUInt16BE(idBytes);
  const authenticatorData = Buffer.concat([
    createHash("sha256").update(party.id).digest(),
    Buffer.from([0x45]), // present, verified, with a passkey
    Buffer.alloc(20), // counter and kind of authenticator
    idLength,
    id,
    Buffer.from("a5010203262001215820", "hex"), // a key for ES256, in COSE
    Buffer.from(x!, "base64url"),
    Buffer.from("225820", "hex"),
    Buffer.from(y!, "base64url"),
  ]);
  const length = Buffer.from([0x59, 0, 0]);
  length.writeUInt16BE(authenticatorData.length, 1);
  const beginning = Buffer.from("a363666d74646e6f6e656761747453746d74a0686175746844617461", "hex");
  const clientData = JSON.stringify({ type: "webauthn.create", challenge, origin: party.origin });
  return JSON.stringify({
    id: id.toString("base64url"),
    rawId: id.toString("base64url"),
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON: Buffer.from(clientData).toString("base64url"),
      attestationObject: Buffer.concat([beginning, length, authenticatorData]).toString("base64url"),
    },
  });
}

test("a passkey's id is as long as WebAuthn lets it be, or refused: a longer one fits no index", async () => {
  const { id } = await createAccount(pool, { email: "ada@example.org", password: "correct horse battery" });
  const { token } = await startSession(context, id, null);
  const person = (await findPerson(context, token))!;
  const make = async (idBytes: number) => {
    const { options, ticket } = await challengeToMake(context, party, person);
    const credential = madeBy((options as { challenge: string }).challenge, idBytes);
    return addPasskey(context, party, person, "a key", { ticket, credential }, commandLine);
  };
  expect(await make(64)).toHaveLength(10);
  expect(await make(1023)).toBeNull();
  for (const idBytes of [1024, 10_000])
    await expect(make(idBytes)).rejects.toBeInstanceOf(PasskeyRefusedError);
});
