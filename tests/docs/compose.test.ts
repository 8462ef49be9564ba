/** The containers: what is a setting reaches them, and what is to be kept has a place outside of them. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const compose = read("docker-compose.yml");

/** Lines of a service, up to the next one. */
function service(name: string): string {
  return new RegExp(`^  ${name}:\n(?:    .*\n|\n)+`, "m").exec(compose)![0];
}

test("every setting can be given to the containers, but the folder that they do not have", () => {
  const settings = [...read("docs/operations.md").matchAll(/^\| ([A-Z][A-Z_, ]+[A-Z]) +\|/gm)].flatMap(
    ([, names]) => names!.split(", "),
  );
  expect(settings.length).toBeGreaterThan(30);
  const missing = settings.filter((name) => !new RegExp(`^ +${name}: `, "m").test(compose));
  expect(missing).toEqual(["DATA_DIR"]);
});

test("backups are written outside of the containers, where the orchestrator alone sees them", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: compose's own
  expect(compose).toContain("BACKUP_DIR: ${BACKUP_DIR:+/backups}");
  // biome-ignore lint/suspicious/noTemplateCurlyInString: compose's own
  expect(service("orchestrator")).toContain('"${BACKUP_DIR:-backups}:/backups"');
  for (const other of ["web", "db", "migrate", "secrets"]) expect(service(other)).not.toContain("/backups");
  expect(read("Dockerfile")).toMatch(/mkdir -p .*\/backups && chown -R node:node .*\/backups/);
});
