import { describe, expect, test } from "vitest";
import { emptyRegistry } from "./registry.ts";
import { loopbackDeployment, startWebServer } from "./server.ts";

describe("what passkeys and providers are tied to", () => {
  test("is PUBLIC_URL, whatever the request says", async () => {
    const server = await startWebServer(emptyRegistry, {
      deployment: { ...loopbackDeployment, publicUrl: "https://folio.example.com" },
    });
    const { body } = await server.call("POST", "/auth/passkey/challenge");
    expect(body.options).toMatchObject({ rpId: "folio.example.com", userVerification: "required" });
    expect(body.options.allowCredentials).toBeUndefined();
  });

  test.each([undefined, "https://192.168.1.7", "http://[::1]:3000"])(
    "is nothing at a number (PUBLIC_URL %s): the answer says what to do, and pages offer no passkey",
    async (publicUrl) => {
      const deployment = { ...loopbackDeployment, publicUrl: publicUrl ?? null };
      const server = await startWebServer(emptyRegistry, { deployment });
      const { status, body } = await server.call("POST", "/auth/passkey/challenge");
      expect([status, body.error.code]).toEqual([409, "no_public_url"]);
      expect(body.error.message).toContain("an operator sets PUBLIC_URL");
      const page = await server.call("GET", "/sign-in", { headers: { Accept: "text/html" } });
      expect(page.body).not.toContain("passkey-challenge");
      expect(page.body).not.toContain("Use a passkey");
    },
  );
});
