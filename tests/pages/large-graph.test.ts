import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { defaultLayers, Graph, type Node, type Registry, sqlAsset } from "../../src/engine/index.ts";
import { asRead } from "../support/html.ts";
import { startWebServer, type WebServer } from "../web/server.ts";

// 500 assets in four layers, each reading up to three of the layers before it.

function largeGraph(): Graph {
  const assets: Node["asset"][] = [];
  for (let index = 0; index < 500; index++) {
    const earlier = assets.slice(0, Math.floor(index / 125) * 125);
    const deps = [1, 2, 3].flatMap((step) => earlier[(index * 31 * step + 7 * step) % 125] ?? []);
    assets.push(
      sqlAsset({
        name: `asset_${index}`,
        layer: defaultLayers[Math.floor(index / 125)]!,
        description: `Number ${index}.`,
        columns: { id: { type: "bigint", description: "Which." } },
        key: ["id"],
        materialized: "table",
        deps: [...new Set(deps)],
      }),
    );
  }
  return new Graph(
    assets.map((asset) => ({
      asset,
      body: "select 1::bigint as id",
      file: null,
      codeVersion: "00000000",
      lineage: [],
      reaches: new Map(),
      problems: [],
    })),
  );
}

let server: WebServer;
let token: string;

beforeAll(async () => {
  const registry: Registry = {
    graph: largeGraph(),
    schedules: [],
    sensors: [],
    problems: [],
    bodiesFolder: "/models/sql",
  };
  server = await startWebServer(() => registry);
  ({ token } = await server.register("operator@example.com"));
});

/** No time is asserted, since machines differ: what is drawn is bounded (150 nodes, 0.2 s of layout), and that is. */
async function page(path: string): Promise<{ html: string; drawing: string }> {
  const { body } = await server.call("GET", path, { token, headers: { Accept: "text/html" } });
  const html = asRead(body);
  return {
    html,
    drawing: /<svg[^>]*viewBox[^>]*role="group".*?<\/svg><\/div>/s.exec(html)?.[0] ?? "",
  };
}

const nodesOf = (drawing: string): number => drawing.match(/class="node /g)?.length ?? 0;

describe("500 assets", () => {
  test("start as a node for each layer: a small drawing, and a small page", async () => {
    const { html, drawing } = await page("/assets");
    expect(nodesOf(drawing)).toBe(4);
    expect(html).toContain("125 assets, 125 stale");
    expect(drawing.length).toBeLessThan(10_000);
    expect(gzipSync(html).length).toBeLessThan(40_000);
  });

  test("one layer opened is drawn, asset by asset", async () => {
    const { drawing } = await page("/assets?closed=bronze,staging,intermediate");
    expect(nodesOf(drawing)).toBe(128);
    expect(drawing.length).toBeLessThan(250_000);
  });

  test("all opened are too many to draw, and the page says what to do", async () => {
    const { html, drawing } = await page("/assets?closed=");
    expect(drawing).toBe("");
    expect(html).toContain("500 assets are too many to draw.");
    expect(html).toContain('href="/assets?closed&#x3D;bronze%2Cstaging%2Cintermediate%2Cgold"');
  });

  test("a neighbourhood is drawn asset by asset", async () => {
    const { drawing } = await page("/assets?focus=asset_300&depth=1");
    expect(nodesOf(drawing)).toBeGreaterThan(2);
    expect(nodesOf(drawing)).toBeLessThan(150);
    expect(drawing).toContain('href="/assets/asset_300" class="node layer-intermediate stale focus"');
  });
});
