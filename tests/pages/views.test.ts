import { join } from "node:path";
import express from "express";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formatFor } from "../../src/web/format.ts";
import { createStaticFiles } from "../../src/web/static-files.ts";
import { createViews } from "../../src/web/views.ts";

const ui = join(import.meta.dirname, "../../ui");
const staticFiles = createStaticFiles(ui);
const views = createViews(ui, staticFiles);
const environment = {
  format: formatFor(["en-US"]),
  language: "en" as const,
  now: new Date("2024-01-01T12:00:00Z"),
};

describe("views", () => {
  test("escape what people typed", () => {
    const html = views.render("sign-in", { values: { email: `"><script>alert(1)</script>` } }, environment);
    expect(html).not.toContain("<script>");
  });

  test("show the reason of a figure that is null, escaped, never 0 and never nothing", () => {
    const tiles = [{ label: "XIRR", value: null, reason: "less than <365> days", note: "", isPercent: true }];
    const html = views.render("risk", { hasRange: true, shown: {}, risk: { tiles } }, environment);
    expect(html).toContain("less than &lt;365&gt; days");
  });

  test("render what is kept once for each object it is kept by", () => {
    const renderedWith = (shown: object, value: number): string =>
      views.render(
        "risk",
        { hasRange: true, shown, risk: { tiles: [{ label: "Sharpe ratio", value }] } },
        environment,
      );
    const shown = {};
    expect(renderedWith(shown, 11)).toContain("11.00");
    expect(renderedWith(shown, 22)).toContain("11.00");
    expect(renderedWith({}, 22)).toContain("22.00");
  });

  test("refuse a view that does not exist", () => {
    expect(() => views.render("nonsense", {}, environment)).toThrow(
      "expected a view of ui/views, got: nonsense",
    );
  });
});

describe("static files", () => {
  let origin = "";
  const server = express().use(staticFiles.router).listen(0, "127.0.0.1");
  beforeAll(async () => {
    if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    if (typeof address === "object" && address) origin = `http://127.0.0.1:${address.port}`;
  });
  afterAll(() => server.close());

  test("are kept for good under an address that changes with their content", async () => {
    for (const [name, type] of [
      ["app.css", "text/css; charset=utf-8"],
      ["live.js", "text/javascript; charset=utf-8"],
      ["icon.svg", "image/svg+xml; charset=utf-8"],
      ["inter.woff2", "font/woff2"],
    ] as const) {
      expect(staticFiles.url(name)).toMatch(/^\/static\/[\w-]+\.[0-9a-f]{8}\.\w+$/);
      const response = await fetch(origin + staticFiles.url(name));
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe(type);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    }
  });

  test("name each other by these addresses", async () => {
    const css = await (await fetch(origin + staticFiles.url("app.css"))).text();
    expect(css).toContain(`url(${staticFiles.url("inter.woff2")})`);
  });

  test("make the pages an app of their own on a phone: the manifest names an icon that is there", async () => {
    const response = await fetch(origin + staticFiles.url("app.webmanifest"));
    expect(response.headers.get("content-type")).toMatch(/^application\/manifest\+json/);
    const { start_url, display, icons } = (await response.json()) as {
      start_url: string;
      display: string;
      icons: { src: string; type: string }[];
    };
    expect([start_url, display]).toEqual(["/", "standalone"]);
    for (const { src, type } of icons) {
      const icon = await fetch(origin + src);
      expect([icon.status, icon.headers.get("content-type")?.split(";")[0]]).toEqual([200, type]);
    }
  });

  test("under another fingerprint are not found", async () => {
    expect((await fetch(`${origin}/static/app.00000000.css`)).status).toBe(404);
    expect(() => staticFiles.url("nonsense.css")).toThrow("expected a file of ui/static, got: nonsense.css");
  });
});
