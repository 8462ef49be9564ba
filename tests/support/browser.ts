import chromiumBinary from "@sparticuz/chromium";
import { type Browser, chromium, type Page } from "playwright-core";

// Made for functions in a cloud: one process dies with its first context, and pages would be less guarded than they
// are for people.
const unwanted = new Set([
  "--single-process",
  "--no-zygote",
  "--disable-web-security",
  "--allow-running-insecure-content",
]);

/** A real Chromium, the same on every machine because it comes with the packages. Close it after use. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await chromiumBinary.executablePath(),
    args: chromiumBinary.args.filter((argument) => !unwanted.has(argument)),
    headless: true,
  });
}

/** Sends the form of a trade, and keeps its price whatever the market says: prices in tests are of no market. */
export async function recordTrade(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Record trade" }).click();
  const keep = page.getByRole("button", { name: "Keep mine" });
  await page.getByText("Recorded.").or(keep).first().waitFor();
  if (await keep.isVisible()) await keep.click();
  await page.getByText("Recorded.").waitFor();
}

/** What fades in has come: half of the way its contrast is half of what it will be. What never ends is not waited for. */
export async function waitForAnimations(page: Page): Promise<void> {
  await page.evaluate(
    `Promise.allSettled(
      document.getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().iterations !== Infinity)
        .map(({ finished }) => finished)
    ).then(() => {})`,
  );
}
