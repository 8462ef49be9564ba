import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Router } from "express";

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".woff2": "font/woff2",
};

export interface StaticFiles {
  /** `/static/app.3f9a1c20.css` for "app.css": the address changes with the content, so it may be kept for good. */
  url(name: string): string;
  readonly router: Router;
}

/** What packages bring, under the names by which it is referred to. */
const packaged: Readonly<Record<string, string>> = {
  "inter.woff2": import.meta.resolve("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"),
};

/** What a script imports of others, and what the manifest of an installed page names: by extension. */
const linksIn: Readonly<Record<string, RegExp>> = {
  ".js": /(?<= from ")\.\/([\w.-]+)(?=")/g,
  ".webmanifest": /(?<="src": ")([\w.-]+)(?=")/g,
};

/** Stylesheets of packages that `app.css` imports. */
const packagedStyles: Readonly<Record<string, string>> = {
  "modern-normalize": import.meta.resolve("modern-normalize"),
};

/**
 * Reads once, at start, the files of `ui/static`, a font, and as `app.css` those of `ui/styles`, in which `url(inter.woff2)`
 * becomes the font's address.
 */
export function createStaticFiles(uiFolder: string): StaticFiles {
  const contents = new Map<string, Buffer>(
    readdirSync(join(uiFolder, "static")).map((name) => [name, readFileSync(join(uiFolder, "static", name))]),
  );
  for (const [name, url] of Object.entries(packaged)) contents.set(name, readFileSync(fileURLToPath(url)));
  const urls = new Map<string, string>();
  const files = new Map<string, { content: Buffer; type: string }>();
  const add = (name: string, content: Buffer): void => {
    const extension = extname(name);
    const type = contentTypes[extension];
    if (!type) throw new Error(`expected a file that ends with ${Object.keys(contentTypes)}, got: ${name}`);
    const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
    const address = `/static/${basename(name, extension)}.${hash}${extension}`;
    urls.set(name, address);
    files.set(address, { content, type });
  };
  /** After what it imports, which stands in it under the address that has. */
  const addFile = (name: string): void => {
    if (urls.has(name)) return;
    const content = contents.get(name);
    if (!content) throw new Error(`expected a file of ui/static, got: ${name}`);
    const links = linksIn[extname(name)];
    if (!links) {
      add(name, content);
      return;
    }
    const linked = content.toString().replaceAll(links, (_, of: string) => {
      addFile(of);
      return urls.get(of)!;
    });
    add(name, Buffer.from(linked));
  };
  for (const name of contents.keys()) addFile(name);
  add("app.css", stylesheet(join(uiFolder, "styles"), urls));
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

/** `ui/styles/app.css` with what it imports put in its place: one file to load, whose parts stand in layers. */
function stylesheet(folder: string, urls: ReadonlyMap<string, string>): Buffer {
  const read = (name: string): string => {
    const packagedStyle = packagedStyles[name];
    return readFileSync(packagedStyle ? fileURLToPath(packagedStyle) : join(folder, name), "utf8");
  };
  const text = read("app.css").replaceAll(
    /@import "([\w.-]+)" layer\((\w+)\);/g,
    (_, name: string, layer: string) => `@layer ${layer} {\n${read(name)}}`,
  );
  return Buffer.from(
    text.replaceAll(/url\(([\w.-]+)\)/g, (whole, name: string) => {
      const address = urls.get(name);
      return address ? `url(${address})` : whole;
    }),
  );
}
