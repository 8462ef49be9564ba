import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Router } from "express";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
};

export interface StaticFiles {
  /** `/static/app.3f9a1c20.css` for "app.css": the address changes with the content, so it may be kept for good. */
  url(name: string): string;
  readonly router: Router;
}

/** Reads once, at start, the files of `ui/static`, and as `app.css` those of `ui/styles` in the order of their names. */
export function createStaticFiles(uiFolder: string): StaticFiles {
  const contents = new Map<string, Buffer>(
    readdirSync(join(uiFolder, "static")).map((name) => [name, readFileSync(join(uiFolder, "static", name))]),
  );
  contents.set("app.css", stylesheet(join(uiFolder, "styles")));
  const urls = new Map<string, string>();
  const files = new Map<string, { content: Buffer; type: string }>();
  for (const [name, content] of contents) {
    const extension = extname(name);
    const type = contentTypes[extension];
    if (!type) throw new Error(`expected a file that ends with ${Object.keys(contentTypes)}, got: ${name}`);
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
    const address = `/static/${basename(name, extension)}.${hash}${extension}`;
    urls.set(name, address);
    files.set(address, { content, type });
  }
  const router = Router();
  router.get("/static/:file", (request, response, next) => {
    const file = files.get(request.path);
    if (!file) return next();
    response
      .set({ "Content-Type": file.type, "Cache-Control": "public, max-age=31536000, immutable" })
      .send(file.content);
  });
  return {
    url(name) {
      const address = urls.get(name);
      if (!address) throw new Error(`expected a file of ui/static, got: ${name}`);
      return address;
    },
    router,
  };
}

function stylesheet(folder: string): Buffer {
  const own = readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
  const base = fileURLToPath(import.meta.resolve("modern-normalize"));
  return Buffer.concat([base, ...own].map((path) => new Uint8Array(readFileSync(path))));
}
